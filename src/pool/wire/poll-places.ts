// A task may replace them.
const { Int32Array } = globalThis;
const { add, compareExchange, load, store } = Atomics;

/** When a thread may poll at all. */
export interface PollLimits {
  /** The words of `PollPlaces`. */
  readonly places: SharedArrayBuffer;
  /** No thread polls while there are more worker threads than this. */
  readonly most: number;
}

/**
 * How many worker threads there are, and which of them poll: words that all of them share with the thread of their executors. Each place
 * holds the id of the thread that has it, or 0: so the place of a thread that has been terminated can be given back.
 */
export class PollPlaces {
  readonly shared: SharedArrayBuffer;
  readonly #words: Int32Array;

  constructor(shared: SharedArrayBuffer) {
    this.shared = shared;
    this.#words = new Int32Array(shared);
  }

  get threads(): number {
    return load(this.#words, 0);
  }

  /** A thread starts. */
  enter(): void {
    add(this.#words, 0, 1);
  }

  /** A thread has ended, wherever it was. */
  leave(threadId: number): void {
    add(this.#words, 0, -1);
    for (let place = 1; place < this.#words.length; place++) compareExchange(this.#words, place, threadId, 0);
  }

  /** @returns undefined if all places are taken. */
  take(threadId: number): number | undefined {
    const { length } = this.#words;
    for (let place = 1; place < length; place++)
      if (compareExchange(this.#words, place, 0, threadId) === 0) return place;
    return undefined;
  }

  giveBack(place: number): void {
    store(this.#words, place, 0);
  }
}
