import type { Task } from '../../tasks/task.ts';
import type { TaskOptions } from '../../tasks/task-options.ts';
import type { Admission } from '../admission/admission.ts';
import type { NestedCall } from '../dispatch/backend.ts';
import type { Job, Parenthood, Settlement } from '../job/job.ts';
import { Nest } from './parent.ts';
import type { SubmitWaiter } from '../admission/waiters.ts';
import type { Transitions } from '../transitions.ts';

/** What these jobs ask of the scheduler. */
export interface NestedParts {
  readonly transitions: Transitions;
  readonly admission: Admission;
  create(task: Task<unknown>, options: TaskOptions): Job;
  /**
   * Admits it if there is a place at once.
   *
   * @param before called before it can be sent: the task goes on before its thread is given what might run for long.
   */
  tryAdmit(job: Job, before: () => void): boolean;
  /** Stands in line before the others, or is refused because the executor is closing. */
  wait(job: Job): SubmitWaiter;
  cancel(job: Job, reason: unknown): void;
}

/**
 * The jobs that running tasks submit. They are admitted before those from outside, also when the executor is being drained:
 * what has begun must come to its end. When a task settles, those of its jobs that have not are cancelled: nobody could
 * hear of them any more.
 */
export class NestedJobs {
  readonly #parts: NestedParts;

  constructor(parts: NestedParts) {
    this.#parts = parts;
  }

  /** @returns how to cancel it. */
  submit(
    parent: Job,
    task: Task<unknown>,
    options: TaskOptions,
    call: NestedCall,
  ): (reason: unknown) => void {
    // A subscriber may cancel it, or the parent, and what not.
    const job = this.#parts.create(task, { priority: parent.priority, ...options });
    job.depth = parent.depth + 1;
    job.observe();
    this.#parts.transitions.run(() => this.#enter(parent, job, call));
    return (reason) => this.#cancel(job, reason);
  }

  #enter(parent: Job, job: Job, call: NestedCall): void {
    const nest = (parent.nest ??= new Nest(this.#parts.admission));
    const settled = () => {
      nest.children.delete(job);
      // A reason may have getters.
      const news = { tell: () => call.settled(job.status as Settlement, job.value) };
      nest.tell(() => this.#parts.transitions.tell(news));
    };
    if (job.done) return settled();
    nest.children.add(job);
    job.origin = { settled };
    const admitted = () => {
      // One that has settled is known by that, and its worker waits for nothing more.
      if (!job.done && call.admitted !== undefined) nest.tell(call.admitted);
    };
    if (parent.done) this.#parts.cancel(job, reasonOf(parent));
    else if (!this.#parts.tryAdmit(job, admitted)) this.#parts.wait(job).promise.then(admitted, () => {});
  }

  /** Cancels what the parent has submitted: nobody will hear of it. */
  abandon(parent: Job, nest: Parenthood): void {
    for (const job of nest.children) this.#cancel(job, reasonOf(parent));
  }

  #cancel(job: Job, reason: unknown): void {
    if (!job.done) this.#parts.cancel(job, reason);
  }
}

function reasonOf({ status, value, label }: Job): unknown {
  if (status === 'cancelled') return value;
  return new DOMException(`the task that had submitted it (${label}) has ended`, 'AbortError');
}
