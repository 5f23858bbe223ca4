import { loadTask } from './loading/load-task.ts';
import type { TaskFunction } from './loading/load-task.ts';
import { inFreshContext } from './task-context.ts';

type Target = readonly [index: number, module: string, name: string];

/** The task functions of this thread, by the index that the main thread gave each. A function is loaded at its first call. */
export class TaskFunctions {
  readonly #targets: Target[] = [];
  readonly #functions: (TaskFunction | undefined)[] = [];
  readonly #loaded: () => void;

  /** @param loaded called after each load: the module may have changed built-ins. */
  constructor(loaded: () => void) {
    this.#loaded = loaded;
  }

  know(targets: readonly Target[]): void {
    for (const target of targets) this.#targets[target[0]] = target;
  }

  /** Undefined if the function is not loaded. */
  at(index: number): TaskFunction | undefined {
    return this.#functions[index];
  }

  nameOf(index: number): string {
    return (this.#targets[index] as Target)[2];
  }

  /** Never rejects: if the function can't be loaded, resolves to one that throws the reason. */
  async load(index: number): Promise<TaskFunction> {
    const [, module, name] = this.#targets[index] as Target;
    try {
      return (this.#functions[index] = await inFreshContext(() => loadTask(module, name)));
    } catch (error) {
      return () => {
        throw error;
      };
    } finally {
      this.#loaded();
    }
  }
}
