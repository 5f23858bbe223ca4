import { Ring } from '../base/ring.ts';

/** A message to user code, which may do anything when it gets it. */
export interface News {
  tell(): void;
}

/**
 * Runs user code only when the books are in order.
 *
 * A change of the books (an admission, an answer, a cancellation, the end of a thread) is a transition. Its news waits until the
 * outermost transition is through: promises, loops, sources and subscribers then hear of it, in order. What they do is a transition
 * of its own, whose news follows the earlier news in the same loop: so no chain of callbacks is a recursion.
 *
 * ```
 * begin ─→ the books ─→ chores ─→ last ─→ end ─→ news
 * ```
 * - Chores belong to the books, and would be a deep recursion where they arise: cancelling the children of a task.
 * - Last, workers are fed: cloning arguments runs their getters.
 */
export class Transitions {
  #depth = 0;
  #telling = false;
  readonly #chores = new Ring<() => void>();
  #last: (() => void) | null = null;
  readonly #news = new Ring<News>();

  /** Begins a transition. The caller must call `end()` exactly once, also if something throws in between. */
  begin(): void {
    this.#depth++;
  }

  end(): void {
    // Most transitions leave no chores.
    if (this.#depth === 1 && (this.#last !== null || this.#chores.size > 0)) this.#finish();
    else this.#depth--;
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

  /** Runs a chore before the outermost transition ends; at once if there is no transition. */
  chore(chore: () => void): void {
    this.#chores.push(chore);
    if (this.#depth === 0) this.run(() => {});
  }

  /** Runs `last` after the chores of the outermost transition. A second call replaces the first. */
  endWith(last: () => void): void {
    this.#last = last;
    if (this.#depth === 0) this.run(() => {});
  }

  /** Does news wait to be told? Later news must be told after it. */
  get hasNews(): boolean {
    return this.#news.size > 0;
  }

  /** Tells news when the books are in order; at once if there is no transition. */
  tell(news: News): void {
    this.#news.push(news);
    if (this.#depth === 0 && !this.#telling) this.#tellAll();
  }

  #finish(): void {
    try {
      while (this.#chores.size > 0 || this.#last !== null) {
        const chore = this.#chores.shift() ?? this.#last;
        if (chore === this.#last) this.#last = null;
        chore?.();
      }
    } finally {
      this.#depth--;
    }
  }

  #tellAll(): void {
    this.#telling = true;
    for (let news = this.#news.shift(); news !== undefined; news = this.#news.shift()) {
      try {
        news.tell();
      } catch (error) {
        // Thrown outside of the loop, as node:diagnostics_channel does: the next news must be told nevertheless.
        process.nextTick(() => {
          throw error;
        });
      }
    }
    this.#telling = false;
  }
}
