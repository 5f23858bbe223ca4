import { getEnvironmentData } from 'node:worker_threads';

type WaitAsync = (
  words: Int32Array,
  index: number,
  value: number,
) => { async: boolean; value: Promise<unknown> | string };

const waitAsync = (Atomics as unknown as { waitAsync: WaitAsync }).waitAsync;

/**
 * What a task in a thread waits for, and how the test learns that it has got there: no test needs to sleep.
 *
 * Word 0 opens the gate, word 1 counts arrivals, word 2 is a counter of the test's own.
 */
export class Gate {
  /** What a task is given of it: its memory, or its number where memory can't go along. */
  readonly shared: SharedArrayBuffer;
  readonly #words: Int32Array;

  constructor() {
    const known = getEnvironmentData('test gates') as unknown;
    if (known instanceof SharedArrayBuffer) {
      const number = Gate.#numbers++;
      this.shared = number as unknown as SharedArrayBuffer;
      this.#words = new Int32Array(known, 12 * number, 3);
    } else {
      this.shared = new SharedArrayBuffer(12);
      this.#words = new Int32Array(this.shared);
    }
  }

  static #numbers = 0;

  open(): void {
    Atomics.store(this.#words, 0, 1);
    Atomics.notify(this.#words, 0);
  }

  get arrived(): number {
    return Atomics.load(this.#words, 1);
  }

  get count(): number {
    return Atomics.load(this.#words, 2);
  }

  /** Resolves when so many tasks have come to the gate. */
  async arrivals(wanted = 1): Promise<void> {
    await reached(this.#words, 1, wanted);
  }

  /** Resolves when the counter has come to this. */
  async counted(wanted: number): Promise<void> {
    await reached(this.#words, 2, wanted);
  }
}

async function reached(words: Int32Array, index: number, wanted: number): Promise<void> {
  for (let now = Atomics.load(words, index); now < wanted; now = Atomics.load(words, index)) {
    await waitAsync(words, index, now).value;
  }
}
