/** Longest time that a result waits for others, in milliseconds. */
export const longestHoldMs = 25;
/** Longest interval between two looks for begins and reports; intervals grow while there are none. Milliseconds. */
const longestLookMs = 100;

/** When a batch's next reply is due: at once, soon if there is something to tell, else when it is time to look. */
export class ReplyTimer {
  readonly #due: () => void;
  #timer: NodeJS.Timeout | undefined = undefined;
  #dueAt = Infinity;
  #lookMs = longestHoldMs;
  #atOnce = false;

  constructor(due: () => void) {
    this.#due = due;
  }

  /** When the event loop comes round: what else has come with the same message of a thread goes along. */
  atOnce(): void {
    if (this.#atOnce) return;
    this.#atOnce = true;
    setImmediate(() => {
      this.#atOnce = false;
      this.#due();
    });
  }

  /** @param isNews is there something to tell? */
  soon(isNews: boolean): void {
    if (this.#atOnce) return;
    const dueAt = performance.now() + (isNews ? longestHoldMs : this.#lookMs);
    if (dueAt >= this.#dueAt) return;
    clearTimeout(this.#timer);
    this.#dueAt = dueAt;
    this.#timer = setTimeout(this.#due, Math.ceil(dueAt - performance.now()));
  }

  /** It has been looked, and this was found. */
  looked(isNews: boolean): void {
    this.#lookMs = isNews ? longestHoldMs : Math.min(2 * this.#lookMs, longestLookMs);
  }

  /** Forgets what was due, but for `atOnce`. */
  clear(): void {
    clearTimeout(this.#timer);
    this.#dueAt = Infinity;
  }
}
