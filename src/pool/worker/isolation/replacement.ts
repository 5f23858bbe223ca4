import { Builtins } from './builtins.ts';
import { builtinsWork } from './builtins-work.ts';
import { keepGroups } from './console-groups.ts';
import { holdsMoreThan } from './memory-held.ts';

/**
 * Decides, once, that the thread must be replaced: it holds too much memory, or a task has changed built-ins. The thread then
 * waits until the main thread has taken back the tasks that have not begun.
 */
export class Replacement {
  readonly #maxBytes: number;
  readonly #spoiled: (names: readonly string[]) => void;
  readonly #builtins = new Builtins();
  #told = false;
  #goOn: () => void = () => {};

  /**
   * @param maxBytes bytes of heap and external memory that the thread may hold; `Infinity` for no limit.
   * @param spoiled called with the names of the built-ins that a task has changed.
   */
  constructor(maxBytes: number, spoiled: (names: readonly string[]) => void) {
    this.#maxBytes = maxBytes;
    this.#spoiled = spoiled;
  }

  /** Ask this after each task. True at most once: the task's answer then asks for replacement. */
  isDue(): boolean {
    if (this.#builtins.isIntact && this.#maxBytes === Infinity) return false;
    return this.isDueNow();
  }

  /** Ask this after each batch: checks all built-ins. */
  isDueNow(): boolean {
    if (this.#told) return false;
    return (this.#told = this.#isSpoiled() || holdsMoreThan(this.#maxBytes));
  }

  /** A task module has been loaded or set up: built-ins that it has changed count as unchanged from now on. */
  loaded(): void {
    this.#builtins.accept();
    keepGroups();
  }

  untilRecalled(): Promise<void> {
    return new Promise((resolve) => (this.#goOn = resolve));
  }

  recalled(): void {
    this.#goOn();
  }

  #isSpoiled(): boolean {
    if (this.#builtins.isAllIntact) return false;
    const names = this.#builtins.changed();
    if (names.length === 0) return false;
    const isSpoiled = hasUnprobed(names) || !builtinsWork();
    if (isSpoiled) {
      this.#builtins.restore();
      this.#spoiled(names);
    }
    this.#builtins.accept();
    return isSpoiled;
  }
}

const unprobed =
  /^(?:\[\]\.|console\.|globalThis\.console$|process\.(?:std|nextTick)|Promise\.(?:reject|all|race|allSettled|any)$|globalThis\.queueMicrotask$)/;

/** Is one of these a built-in that no probe covers? Whether a promise comes is known only later. */
function hasUnprobed(names: readonly string[]): boolean {
  for (let index = 0; index < names.length; index++) {
    if (unprobed.test(names[index] as string)) return true;
  }
  return false;
}
