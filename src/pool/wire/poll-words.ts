// A task may replace them.
const { Float64Array, Int32Array, SharedArrayBuffer } = globalThis;
const { load, store } = Atomics;

/** What the main thread and one worker thread share so that the thread can poll for messages: two words and a time. */
export class PollWords {
  readonly shared: SharedArrayBuffer;
  readonly #words: Int32Array;
  readonly #times: Float64Array;

  constructor(shared: SharedArrayBuffer = new SharedArrayBuffer(16)) {
    this.shared = shared;
    this.#words = new Int32Array(shared, 0, 2);
    this.#times = new Float64Array(shared, 8, 1);
  }

  /** Tells the thread that `count` messages have been posted to it. The main thread calls this after each post: the thread may have read it. */
  posted(count: number): void {
    store(this.#words, 0, count);
  }

  /** Is a message on its way to a thread that has received `arrived`? Both counts may pass 2³¹. */
  hasMore(arrived: number): boolean {
    return ((load(this.#words, 0) - arrived) | 0) > 0;
  }

  /** Does the thread poll, or run a task between two polls? Only the thread writes it. */
  get isPolling(): boolean {
    return load(this.#words, 1) === 1;
  }

  set isPolling(isPolling: boolean) {
    store(this.#words, 1, isPolling ? 1 : 0);
  }

  /** Milliseconds for which the thread has waited by polling since it started. Only the thread writes it. */
  get polledMs(): number {
    return this.#times[0] as number;
  }

  set polledMs(ms: number) {
    this.#times[0] = ms;
  }
}
