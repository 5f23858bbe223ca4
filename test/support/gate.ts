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
  readonly shared: SharedArrayBuffer = new SharedArrayBuffer(12);
  readonly #words = new Int32Array(this.shared);

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
