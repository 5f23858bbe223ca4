import type { HaltRule } from './map-arguments.ts';

/**
 * Decides when no more lines are begun.
 *
 * ```
 *   going ── the rule's number of lines is reached ──→ halted: the lines end where they are
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

  /** Aborted when those that run are to end as well. */
  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** A line is through. True if it was the one that halts. */
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

  /** Those lines, until halted: also while the next one is not there yet, and may never be. */
  async *until<T>(lines: AsyncIterator<T, undefined>): AsyncGenerator<T, undefined> {
    while (!this.#halted) {
      const step = await new Promise<IteratorResult<T, undefined>>((resolve, reject) => {
        this.#stop = () => resolve({ done: true, value: undefined });
        lines.next().then(resolve, reject);
      });
      if (step.done === true) return;
      // One that has come in the very moment of the halt is not begun.
      if (!this.#halted) yield step.value;
    }
  }
}
