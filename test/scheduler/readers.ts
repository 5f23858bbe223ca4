import { iterateTask } from '../../src/executor/iterate.ts';
import type { TaskIteration } from '../../src/executor/task-iteration.ts';
import type { Scheduler } from '../../src/scheduler/scheduler.ts';
import type { GeneratorTask } from '../../src/tasks/generator-task.ts';
import type { TaskOptions } from '../../src/tasks/task-options.ts';
import { makeTask } from './make-job.ts';

/** Readers of generators, which stop, leave and cancel as people's do. */
export class Readers {
  readonly #scheduler: Scheduler;
  readonly #iterations: TaskIteration<unknown>[] = [];
  #unanswered = 0;

  constructor(scheduler: Scheduler) {
    this.#scheduler = scheduler;
  }

  /** Calls of `next()` that were not answered. */
  get unanswered(): number {
    return this.#unanswered;
  }

  open(window: number, retries: number, options: TaskOptions = {}, args: unknown[] = []): void {
    const task = makeTask(`g${this.#iterations.length % 3}`, {}, args) as unknown as GeneratorTask<unknown>;
    this.#iterations.push(iterateTask(this.#scheduler, task, { window, retries, ...options }));
  }

  /** @param then what its reader does when it has got something. */
  read(at: number, then: () => void = () => {}): void {
    const iteration = this.#iterations[at % this.#iterations.length];
    if (iteration === undefined) return;
    this.#unanswered++;
    const over = () => {
      this.#unanswered--;
      then();
    };
    iteration.next().then(over, over);
  }

  leave(at: number, then: () => void = () => {}): void {
    void this.#iterations[at % this.#iterations.length]?.return().then(then);
  }

  /** Every other one is read to its end, and the rest left. */
  finish(): void {
    for (const [at, iteration] of this.#iterations.entries()) {
      if (at % 2 === 0) this.#readAll(iteration).catch(() => {});
      else this.leave(at);
    }
  }

  async #readAll(iteration: TaskIteration<unknown>): Promise<void> {
    while ((await iteration.next()).done !== true);
  }
}
