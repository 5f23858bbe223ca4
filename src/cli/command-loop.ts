import type { ShownLoop } from '../executor/inside.ts';
import type { StreamInspection } from '../index.ts';

/**
 * A command's loop over its items (lines, or files), as the inspector shows it. The executor sees neither the input nor standard
 * output, so the command reports each step here.
 *
 * ```
 *   pulls() ─→ pulled() ─→ called ─→ ended() ─→ written while `writing()` ─→ through()
 * ```
 */
export class CommandLoop implements ShownLoop {
  readonly #window: number;
  #pulls = false;
  #pulled = 0;
  #ended = 0;
  #through = 0;
  #writing = false;
  #isOver = false;

  /** @param window most items that are called or not yet written at a time. */
  constructor(window: number) {
    this.#window = window;
  }

  /** The loop waits for the next item. */
  pulls(): void {
    this.#pulls = true;
  }

  /** Items have arrived; their call begins. */
  pulled(items = 1): void {
    this.#pulls = false;
    this.#pulled += items;
  }

  inputEnded(): void {
    this.#pulls = false;
  }

  /** Items have results, or a generator begins to yield. */
  ended(items = 1): void {
    this.#ended += items;
  }

  /** Awaits a write to standard output, if it is pending; meanwhile the loop counts as waiting for the reader. */
  async writing(written: Promise<void> | undefined): Promise<void> {
    if (written === undefined) return;
    this.#writing = true;
    try {
      await written;
    } finally {
      this.#writing = false;
    }
  }

  /** The whole text of these items has been handed on to be written. */
  through(items = 1): void {
    this.#through += items;
  }

  over(): void {
    this.#isOver = true;
  }

  inspect(): Omit<StreamInspection, 'id'> | undefined {
    if (this.#isOver) return undefined;
    const waitsFor = this.#pulls ? 'source' : this.#writing ? 'reader' : 'tasks';
    return {
      kind: 'map',
      window: this.#window,
      open: this.#pulled - this.#through,
      unread: this.#ended - this.#through,
      pulled: this.#pulled,
      waitsFor,
    };
  }
}
