import { InvalidTaskError } from '../base/errors.ts';
import { sourcePositions } from '../tasks/sources.ts';
import type { TaskOptions } from '../tasks/task-options.ts';
import type { Admission } from './admission/admission.ts';
import type { Engine } from './engine.ts';
import type { JobFlow } from './job/job-parts.ts';
import { JobSources } from './job/job-sources.ts';
import type { Job, JobOwner } from './job/job.ts';
import { producerOf } from './job/producers.ts';
import { ParentTask } from './nesting/parent.ts';

/** Opens what jobs read and yield item by item, before they are admitted. The engine must be able to carry items: threads can. */
export class ItemFlows {
  readonly #owner: JobOwner;
  readonly #admission: Admission;
  readonly #engine: Engine;

  constructor(owner: JobOwner, admission: Admission, engine: Engine) {
    this.#owner = owner;
    this.#admission = admission;
    this.#engine = engine;
  }

  /** Can the engine carry items between its workers and this thread? */
  get areCarried(): boolean {
    return this.#engine.readOn !== undefined;
  }

  /** @throws {InvalidTaskError} if the engine can't carry items. */
  check(): void {
    if (!this.areCarried)
      throw new InvalidTaskError(
        'a ClusterExecutor does not iterate over generators: only an executor with threads in this process does',
      );
  }

  /** Sends the items of the job's function, which is or may be a generator, to `flow`. Call it before the job is admitted. */
  openFlow(job: Job, flow: JobFlow): void {
    job.asParent = new ParentTask(this.#admission, { flow, sources: job.sources });
    // Nothing tells how long a generator holds its worker, and it leaves the worker in the midst of its run.
    job.alone = true;
  }

  /** The reader has taken the items for which the job's generator waits: tells the generator to go on. */
  readOn(job: Job): void {
    const { asParent } = job;
    if (asParent !== null) this.#owner.transitions.run(() => asParent.tell(() => this.#engine.readOn?.(job)));
  }

  /**
   * The arguments that the task reads item by item; null if there are none.
   *
   * @throws {InvalidTaskError} if there are some, and the engine can't carry items; if one that is to move is made of this
   *   executor's tasks.
   */
  sourcesOf(args: readonly unknown[], transfer: TaskOptions['transfer']): JobSources | null {
    if (transfer !== undefined) this.#checkMoved(args, transfer);
    const positions = sourcePositions(args, transfer);
    if (positions === null) return null;
    if (!this.areCarried)
      throw new InvalidTaskError(
        `args[${positions[0]}] is an async iterable, which a ClusterExecutor does not pull: only an executor with threads in this process does`,
      );
    return new JobSources(args, positions, this.#owner);
  }

  /** A task keeps its worker while it waits for a stream that has moved to it. Tasks that the stream waits for may need that worker. */
  #checkMoved(args: readonly unknown[], transfer: readonly unknown[]): void {
    for (const [position, value] of args.entries())
      if (transfer.includes(value) && producerOf(value as object)?.owner === this.#owner)
        throw new InvalidTaskError(
          `args[${position}] is made of tasks of this executor, and may not move to another one, which would keep its worker while it waits for them: leave it out of transfer`,
        );
  }

  /** Lets the job read its sources. Call it before the job is admitted. */
  openSources(job: Job, sources: JobSources): void {
    job.args = sources.args;
    job.alone = true;
    job.asParent = new ParentTask(this.#admission, { sources });
    sources.readBy(job);
  }
}
