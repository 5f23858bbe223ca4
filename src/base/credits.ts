// Taken before any task runs: a task may replace them.
const { load, store, compareExchange } = Atomics;
const { Int32Array, SharedArrayBuffer } = globalThis;

/** Indices of the shared words. Totals are counted modulo 2 ** 32. */
const read = 0;
const wanted = 1;
const waits = 2;
const generator = 3;

/** Values of the `generator` word; 0 while the function is not known to be a generator. */
const isOne = 1;
const hasBegun = 2;

/**
 * How many items the reader of an iteration has taken, in shared memory: a generator in a busy thread sees the count without a
 * message, and the reader sends a message only to a generator that waits.
 *
 * ```
 * reader      read(total)      writes how many items it has taken, then checks whether the generator waits for that many
 * generator   waitFor(total)   writes how many items it waits for, then checks how many have been taken
 * ```
 * Each side writes before it checks, so at least one side sees the other's write and no wake-up is lost. A compare-and-swap of
 * `waits` gives the wake-up to only one side (Dekker's algorithm).
 */
export class Credits {
  readonly shared: SharedArrayBuffer;
  readonly #words: Int32Array;

  constructor(shared: SharedArrayBuffer = new SharedArrayBuffer(16)) {
    this.shared = shared;
    this.#words = new Int32Array(shared);
  }

  /** Reader: did the function turn out to be a generator? */
  get isGenerator(): boolean {
    return load(this.#words, generator) >= isOne;
  }

  /** Reader: has the generator yielded anything, sent or not? */
  get hasYielded(): boolean {
    return load(this.#words, generator) === hasBegun;
  }

  /** Reader: this many items have been taken. @returns true if the generator waits for them and the reader must wake it. */
  read(total: number): boolean {
    const words = this.#words;
    store(words, read, total);
    if (load(words, waits) === 0 || ((total - load(words, wanted)) | 0) < 0) return false;
    return compareExchange(words, waits, 1, 0) === 1;
  }

  /** Reader: the task starts again in another thread. */
  reset(): void {
    store(this.#words, waits, 0);
    store(this.#words, generator, 0);
  }

  /** Generator: how many of `total` sent items the reader has not taken. */
  unread(total: number): number {
    return (total - load(this.#words, read)) | 0;
  }

  /** Generator: the function has turned out to be a generator. */
  open(): void {
    store(this.#words, generator, isOne);
  }

  /** Generator: it has yielded its first item. */
  yields(): void {
    store(this.#words, generator, hasBegun);
  }

  /** Generator: announces that it waits for `total` taken items. @returns false if they have been taken by now. */
  waitFor(total: number): boolean {
    const words = this.#words;
    store(words, wanted, total);
    store(words, waits, 1);
    return this.unread(total) > 0 || compareExchange(words, waits, 1, 0) !== 1;
  }

  /** Generator: it no longer waits, whatever the reader does. */
  stopWaiting(): void {
    store(this.#words, waits, 0);
  }
}
