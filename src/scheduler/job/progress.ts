import { Fifo } from '../../base/fifo.ts';

const over = { done: true, value: undefined } as const;

/** What a running task reports: only the latest is kept, so a reader that is slow costs no memory. */
export class Progress {
  latest: unknown = undefined;
  /** Reports so far: a reader knows by it whether it has seen the latest. */
  count = 0;
  ended: boolean;
  readonly waiting: Set<ProgressReader> = new Set();

  constructor(ended: boolean) {
    this.ended = ended;
  }

  report(value: unknown): void {
    this.latest = value;
    this.count++;
    for (const reader of this.waiting) reader.serve();
  }

  end(): void {
    this.ended = true;
    for (const reader of this.waiting) reader.serve();
  }
}

/** Reads from the latest report on. Several may read the same task's; they don't touch one another. */
export class ProgressReader implements AsyncIterableIterator<unknown, undefined> {
  readonly #progress: Progress;
  #seen = 0;
  #left = false;
  /** Calls of `next()` that wait, oldest first. */
  readonly #waiting = new Fifo<(result: IteratorResult<unknown, undefined>) => void>();

  constructor(progress: Progress) {
    this.#progress = progress;
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  next(): Promise<IteratorResult<unknown, undefined>> {
    return new Promise((resolve) => {
      this.#waiting.push(resolve);
      this.serve();
    });
  }

  return(): Promise<IteratorResult<unknown, undefined>> {
    this.#left = true;
    this.serve();
    return Promise.resolve(over);
  }

  /** Answers whoever waits, as far as there is something to tell. */
  serve(): void {
    const { latest, count, ended, waiting } = this.#progress;
    while (this.#waiting.size > 0) {
      const isNew = !this.#left && this.#seen < count;
      if (!isNew && !ended && !this.#left) break;
      this.#seen = count;
      this.#waiting.shift()?.(isNew ? { done: false, value: latest } : over);
    }
    if (this.#waiting.size > 0) waiting.add(this);
    else waiting.delete(this);
  }
}
