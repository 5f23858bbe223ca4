import { askBrand } from '../base/brand.ts';
import type { Future } from '../scheduler/job/future.ts';
import type { Job } from '../scheduler/job/job.ts';
import type { LiveStream } from '../scheduler/live-streams.ts';
import type { Scheduler } from '../scheduler/scheduler.ts';
import type { Task } from '../tasks/task.ts';
import type { TaskOptions } from '../tasks/task-options.ts';
import type { ResolvedExecutorOptions } from './executor-options.ts';
import { openTask } from './iterate.ts';
import type { OpenedTask } from './iterate.ts';
import { submitTask } from './submit.ts';

/** A loop that another part of the package makes, as `inspect()` shows it. */
export type ShownLoop = LiveStream;

/** The methods of an executor that only other parts of the package may call. */
export class Inside {
  readonly #scheduler: Scheduler;
  readonly #options: Pick<ResolvedExecutorOptions, 'workers' | 'minWorkers'>;
  #warming = false;

  constructor(scheduler: Scheduler, options: Pick<ResolvedExecutorOptions, 'workers' | 'minWorkers'>) {
    this.#scheduler = scheduler;
    this.#options = options;
  }

  /** Resolves when all started threads are up, at least `minWorkers`; rejects if a thread can't be started. */
  stillReady(): Promise<void> {
    return this.#scheduler.ready(Math.max(this.#options.minWorkers, this.#scheduler.stats().threads));
  }

  /**
   * Makes `inspect()` show a loop that another part of the package makes. The loop submits by `open()` and `submit()`, so that its
   * tasks count as those of a loop.
   */
  show(loop: ShownLoop): void {
    this.#scheduler.streams.add(loop);
  }

  /** Opens a loop's task whose function may be a generator; null if it is known not to be one. See `openTask`. */
  open(task: Task<unknown>, options: TaskOptions): OpenedTask | null {
    return openTask(this.#scheduler, task, options, 'fromStreams');
  }

  /** Submits a loop's task whose function is an ordinary one. */
  submit<R>(task: Task<R>, options: TaskOptions): Promise<Future<R>> {
    return submitTask(this.#scheduler, task, options, 'fromStreams');
  }

  /** The jobs that threads execute at this instant. */
  atWork(): Job[] {
    return this.#scheduler.atWork();
  }

  /** Cancels the jobs that no thread has begun; the others run on. */
  cancelUnclaimed(reason: unknown, jobs: Iterable<Job>): void {
    this.#scheduler.cancelUnclaimed(reason, jobs);
  }

  /** Starts one thread although no task waits for it. Does nothing while such a thread is starting. */
  warmUp(): void {
    if (this.#warming) return;
    this.#warming = true;
    const over = () => (this.#warming = false);
    const threads = Math.min(this.#scheduler.stats().threads + 1, this.#options.workers);
    this.#scheduler.ready(threads).then(over, over);
  }
}

/** The inside of an executor; undefined if an older copy of the package, which has no such thing, made the executor. */
export function insideOf(executor: object): Inside | undefined {
  const inside = askBrand(executor, 'Executor');
  return typeof inside === 'object' ? (inside as Inside) : undefined;
}
