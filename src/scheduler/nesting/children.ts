import { noWindows, windowsOf } from '../../tasks/iterate-options.ts';
import type { Task } from '../../tasks/task.ts';
import type { TaskOptions } from '../../tasks/task-options.ts';
import type { Admission } from '../admission/admission.ts';
import type { CallHandle, NestedCall } from '../dispatch/backend.ts';
import type { FailureReason } from '../job/failure.ts';
import type { Job } from '../job/job.ts';
import type { Parenthood } from '../job/job-parts.ts';
import { rememberProducer } from '../job/producers.ts';
import type { Settlement } from '../job/job-status.ts';
import { ParentTask } from './parent.ts';
import { RelayedFlow } from './relayed-flow.ts';
import type { SubmitWaiter } from '../admission/submit-waiter.ts';
import type { Transitions } from '../transitions.ts';

/** A source that the caller supplies from its own thread. */
const fromCaller = { owner: null, jobs: [], ...windowsOf(noWindows) };

/** The parts of the scheduler that `NestedJobs` uses. */
export interface NestedParts {
  readonly transitions: Transitions;
  readonly admission: Admission;
  create(task: Task<unknown>, options: TaskOptions): Job;
  /**
   * Admits the job if a place and its bytes are free.
   *
   * @param before called before the job can be sent: the parent may wait for the admission, and must go on before its thread gets
   *   a job that may run for long.
   */
  tryAdmit(job: Job, before: () => void): boolean;
  /** Puts the job into the line for nested jobs, or refuses it if the executor no longer takes them. */
  wait(job: Job): SubmitWaiter;
  cancel(job: Job, reason: unknown, why?: FailureReason): void;
  /** The parent has read the items for which this job's generator waits. */
  readOn(job: Job): void;
}

/**
 * The jobs that running tasks submit. They are admitted before submissions from outside, and also while the executor drains, so
 * that begun tasks can end. They are cancelled when their parent settles or starts again: nothing could read their results.
 */
export class NestedJobs {
  readonly #parts: NestedParts;

  constructor(parts: NestedParts) {
    this.#parts = parts;
  }

  submit(parent: Job, task: Task<unknown>, options: TaskOptions, call: NestedCall): CallHandle {
    for (const steps of call.sources) rememberProducer(steps, { ...fromCaller, steps });
    // A subscriber of the submit channel may cancel this job or its parent: `#enter()` checks whether they are done.
    const job = this.#parts.create(task, { priority: parent.priority, ...options });
    job.nesting = parent.nesting + 1;
    job.observe();
    const asParent = (parent.asParent ??= new ParentTask(this.#parts.admission));
    const flow = call.flow && new RelayedFlow(call.flow, (items) => asParent.tell(() => call.items(items)));
    if (flow !== null) {
      job.asParent = new ParentTask(this.#parts.admission, { flow, sources: job.sources, isNested: true });
      job.alone = true;
    }
    const settled = () => {
      asParent.children.delete(job);
      // News: sending the value clones it, which may run its getters.
      const news = { tell: () => call.settled(job.status as Settlement, job.value) };
      const tell = () => asParent.tell(() => this.#parts.transitions.tell(news));
      // A loop that the parent leaves ends when the generator has cleaned up.
      if (flow?.isDropped === true && job.holdsThread) flow.whenLeft(tell);
      else tell();
    };
    this.#parts.transitions.run(() => this.#enter(parent, asParent, job, call, settled));
    return {
      cancel: (reason, isLeft) => {
        if (flow !== null) flow.isDropped = isLeft;
        this.#cancel(job, reason);
      },
      readOn: () => this.#parts.readOn(job),
    };
  }

  #enter(parent: Job, asParent: Parenthood<Job>, job: Job, call: NestedCall, settled: () => void): void {
    if (job.done) return settled();
    asParent.children.add(job);
    job.origin = { settled };
    const admitted = () => {
      // If the job has settled, the parent hears of that, and waits for no admission.
      if (!job.done && call.admitted !== undefined) asParent.tell(call.admitted);
    };
    if (parent.done) this.#parts.cancel(job, reasonOf(parent), 'left');
    else if (!this.#parts.tryAdmit(job, admitted)) this.#parts.wait(job).promise.then(admitted, () => {});
  }

  /** Cancels the unsettled jobs that the parent submitted. `asParent`: its parenthood then; a restarted parent has a new one. */
  abandon(parent: Job, asParent: Parenthood<Job>): void {
    for (const job of asParent.children) this.#cancel(job, reasonOf(parent), 'left');
  }

  #cancel(job: Job, reason: unknown, why?: FailureReason): void {
    if (!job.done) this.#parts.cancel(job, reason, why);
  }
}

function reasonOf({ status, value, label }: Job): unknown {
  if (status === 'cancelled') return value;
  return new DOMException(`the task that submitted it (${label}) has ended`, 'AbortError');
}
