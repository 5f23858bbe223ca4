import type { HaltRule } from './map-arguments.ts';

/**
 * Applies the rule of `--halt`: once the given number of lines has ended, no more lines are begun.
 *
 * ```
 *   going ── the rule's number of lines is reached ──→ halted: `until()` ends
 * ```
 */
export class Halt {
  readonly rule: HaltRule;
  readonly #controller = new AbortController();
  #count = 0;
  #stop: (() => void) | undefined;
  #halted = false;

  constructor(rule: HaltRule) {
    this.rule = rule;
  }

  get halted(): boolean {
    return this.#halted;
  }

  /** Aborted by a rule `now`, to end the running calls as well. */
  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** Counts a line that has ended. Returns true for the one that triggers the halt. */
  count(succeeded: boolean): boolean {
    const { what, count, when } = this.rule;
    if (this.#halted || (what !== 'done' && succeeded !== (what === 'success'))) return false;
    this.#count++;
    if (this.#count < count) return false;
    this.#halted = true;
    this.#stop?.();
    if (when === 'now') this.#controller.abort();
    return true;
  }

  /** Yields the lines until halted. A halt also ends the wait for a next line that may never come. */
  async *until<T>(lines: AsyncIterator<T, undefined>): AsyncGenerator<T, undefined> {
    while (!this.#halted) {
      const step = await new Promise<IteratorResult<T, undefined>>((resolve, reject) => {
        this.#stop = () => resolve({ done: true, value: undefined });
        lines.next().then(resolve, reject);
      });
      if (step.done === true) return;
      // A line that arrives together with the halt is not begun.
      if (!this.#halted) yield step.value;
    }
  }
}
