import { Fifo } from '../base/fifo.ts';

/** Something that is told to users, who may do anything then. */
export interface News {
  tell(): void;
}

/**
 * User code runs only when the books are in order.
 *
 * A change of the books (an admission, an answer, a cancellation, the end of a thread) is a transition. What it has to tell
 * waits until the outermost one is through: promises, loops, sources and subscribers hear of it then, in order. Whatever
 * they do is a transition of its own, and what that has to tell is told after the rest, on the same stack: no chain of
 * callbacks is too deep for it.
 *
 * ```
 * begin ─→ the books ─→ chores ─→ last ─→ end ─→ news
 * ```
 * - Chores are books as well, and would be a deep recursion where they arise: cancelling the tasks of a task.
 * - Last of all workers are fed: cloning arguments runs their getters.
 */
export class Transitions {
  #depth = 0;
  #telling = false;
  readonly #chores = new Fifo<() => void>();
  #last: (() => void) | null = null;
  readonly #news = new Fifo<News>();

  /** Each is followed by one `end()`, whatever is thrown between them. */
  begin(): void {
    this.#depth++;
  }

  end(): void {
    try {
      if (this.#depth === 1) this.#finish();
    } finally {
      this.#depth--;
    }
    if (this.#depth === 0 && this.#news.size > 0 && !this.#telling) this.#tellAll();
  }

  run<R>(change: () => R): R {
    this.begin();
    try {
      return change();
    } finally {
      this.end();
    }
  }

  /** Does this before the transition ends; at once if there is none. */
  chore(chore: () => void): void {
    this.#chores.push(chore);
    if (this.#depth === 0) this.run(() => {});
  }

  /** Does this, the same for all, when the chores are through. */
  endWith(last: () => void): void {
    this.#last = last;
    if (this.#depth === 0) this.run(() => {});
  }

  /** Is there something that waits to be told? What comes later must be told after it. */
  get hasNews(): boolean {
    return this.#news.size > 0;
  }

  /** Tells this when the books are in order; at once if there is no transition. */
  tell(news: News): void {
    this.#news.push(news);
    if (this.#depth === 0 && !this.#telling) this.#tellAll();
  }

  #finish(): void {
    while (this.#chores.size > 0 || this.#last !== null) {
      const chore = this.#chores.shift() ?? this.#last;
      if (chore === this.#last) this.#last = null;
      chore?.();
    }
  }

  #tellAll(): void {
    this.#telling = true;
    for (let news = this.#news.shift(); news !== undefined; news = this.#news.shift()) {
      try {
        news.tell();
      } catch (error) {
        // As the channels of node:diagnostics_channel do it: the next one is told all the same.
        process.nextTick(() => {
          throw error;
        });
      }
    }
    this.#telling = false;
  }
}
