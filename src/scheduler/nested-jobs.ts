import type { Task } from '../tasks/task.ts';
import type { TaskOptions } from '../tasks/task-options.ts';
import type { Admission } from './admission.ts';
import type { Job } from './job.ts';
import { Nest } from './nest.ts';
import type { NestedCall } from './nest.ts';
import type { SubmitWaiter } from './submit-waiter.ts';

/** What these jobs ask of the scheduler. */
export interface NestedParts {
  readonly admission: Admission;
  create(task: Task<unknown>, options: TaskOptions): Job;
  enter(job: Job): void;
  /** Stands in line before the others, or is refused because the executor is closing. */
  wait(job: Job): SubmitWaiter;
  cancel(job: Job, reason: unknown): void;
  /** Undefined as long as what has been admitted may run. */
  closed(): unknown;
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
    const { admission } = this.#parts;
    const nest = (parent.nest ??= this.#open(parent));
    const job = this.#parts.create(task, { priority: parent.priority, ...options });
    job.depth = parent.depth + 1;
    job.observe();
    nest.children.set(job, null);
    job.onSettled({
      settled: () => {
        nest.children.delete(job);
        nest.tell(() => call.settled(job));
      },
    });
    const { admitted } = call;
    if (!parent.done && this.#parts.closed() === undefined && admission.tryAdmitNested(job.bytes)) {
      // First, so that the task goes on before its thread is given this job: it might run for long.
      if (admitted !== undefined) nest.tell(admitted);
      this.#parts.enter(job);
    } else {
      const waiter = this.#parts.wait(job);
      if (!job.done) nest.children.set(job, waiter);
      const isAdmitted = () => {
        if (admitted !== undefined) nest.tell(admitted);
      };
      // If it is not, it has been settled, and told so.
      waiter.promise.then(isAdmitted, () => {});
      if (parent.done) this.#cancel(job, waiter, reasonOf(parent));
    }
    return (reason) => this.#cancel(job, nest.children.get(job) ?? null, reason);
  }

  #open(parent: Job): Nest {
    const nest = new Nest(this.#parts.admission);
    parent.onSettled({ settled: () => this.abandon(parent, nest) });
    return nest;
  }

  abandon(parent: Job, nest: Nest): void {
    for (const [job, waiter] of nest.children) this.#cancel(job, waiter, reasonOf(parent));
  }

  #cancel(job: Job, waiter: SubmitWaiter | null, reason: unknown): void {
    if (job.done) return;
    if (job.status === 'waiting') waiter?.aborted(reason);
    else this.#parts.cancel(job, reason);
  }
}

function reasonOf({ status, value, label }: Job): unknown {
  if (status === 'cancelled') return value;
  return new DOMException(`the task that had submitted it (${label}) has ended`, 'AbortError');
}
