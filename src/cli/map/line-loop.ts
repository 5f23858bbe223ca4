import type { ShownLoop } from '../../executor/inside.ts';
import type { StreamInspection } from '../../index.ts';

/**
 * The loop over the lines, as the inspector shows it. The executor sees neither the input nor standard output, so the
 * command reports each step here.
 *
 * ```
 *   pulls() ─→ pulled() ─→ called ─→ ended() ─→ written while `writing()` ─→ through()
 * ```
 */
export class LineLoop implements ShownLoop {
  readonly #window: number;
  #pulls = false;
  #pulled = 0;
  #ended = 0;
  #through = 0;
  #writing = false;
  #isOver = false;

  /** @param window most lines that are called or not yet written at a time. */
  constructor(window: number) {
    this.#window = window;
  }

  /** The loop waits for the next line. */
  pulls(): void {
    this.#pulls = true;
  }

  /** The line has arrived; its call begins. */
  pulled(): void {
    this.#pulls = false;
    this.#pulled++;
  }

  inputEnded(): void {
    this.#pulls = false;
  }

  /** A line has a result, or its generator begins to yield. */
  ended(): void {
    this.#ended++;
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

  /** The whole text of a line has been handed on to be written. */
  through(): void {
    this.#through++;
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
