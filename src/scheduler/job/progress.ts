import { Ring } from '../../base/ring.ts';

const over = { done: true, value: undefined } as const;

/** The reports of a running task. It keeps only the latest, so a slow reader costs no memory. */
export class Progress {
  latest: unknown = undefined;
  /** Reports so far: a reader compares it to find out whether it has seen the latest. */
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

/** Reads reports from the latest one on. Several readers of one task are independent of each other. */
export class ProgressReader implements AsyncIterableIterator<unknown, undefined> {
  readonly #progress: Progress;
  #seen = 0;
  #left = false;
  /** Calls of `next()` that wait, oldest first. */
  readonly #waiting = new Ring<(result: IteratorResult<unknown, undefined>) => void>();

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

  /** Answers waiting calls, as far as there is a new report or the end. */
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
