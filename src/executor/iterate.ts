import { Future } from '../scheduler/job/future.ts';
import type { Scheduler } from '../scheduler/scheduler.ts';
import type { Job } from '../scheduler/job/job.ts';
import { rememberProducer } from '../scheduler/job/producers.ts';
import { noWindows, resolveIterateOptions, windowsOf } from '../tasks/iterate-options.ts';
import type { IterateOptions, ItemWindow } from '../tasks/iterate-options.ts';
import { asTask } from '../tasks/task.ts';
import type { Task } from '../tasks/task.ts';
import type { TaskOptions } from '../tasks/task-options.ts';
import { isPlain, rememberPlain } from './plain-functions.ts';
import { asGeneratorTask } from '../tasks/generator-task.ts';
import type { GeneratorTask } from '../tasks/generator-task.ts';
import { IterationFlow } from './iteration-flow.ts';
import { admitNow } from './submit.ts';
import { TaskIteration } from './task-iteration.ts';

const leftReason = () => new DOMException('The caller left the iteration', 'AbortError');

/** Implements `executor.iterate()`. */
export function iterateTask<T, R>(
  scheduler: Scheduler,
  task: GeneratorTask<T, R>,
  given: IterateOptions,
): TaskIteration<T, R> {
  const own = asGeneratorTask(task);
  const { window, windowBytes, options } = resolveIterateOptions(given);
  scheduler.items.check();
  const { iteration, flow, job } = open<T, R>(scheduler, own, options, { window, windowBytes }, false);
  if (!job.done) {
    scheduler.streams.add(flow);
    endIfDropped(iteration, { scheduler, flow, job });
  }
  return iteration;
}

interface Droppable {
  readonly scheduler: Scheduler;
  readonly flow: IterationFlow;
  readonly job: Job;
}

/** Cancels an iteration that the program dropped unread, once its generator waits for the reader. */
const dropped = new FinalizationRegistry<Droppable>(({ scheduler, flow, job }) => {
  flow.isAbandoned = true;
  scheduler.abandon(job);
});

/** The registry holds the executor, and with it whatever the user's hooks hold: so not for longer than the task takes. */
function endIfDropped(iteration: TaskIteration<unknown>, droppable: Droppable): void {
  dropped.register(iteration, droppable, droppable);
  droppable.job.onSettled({ settled: () => void dropped.unregister(droppable) });
}

/** An opened task whose function may be a generator. */
export interface OpenedTask {
  readonly iteration: TaskIteration<unknown>;
  /** Resolves to true at the first item. Resolves to false if the function is not a generator, or failed before its first item. */
  readonly yields: Promise<boolean>;
}

/** Opens a task as an iteration; null if its function is known not to be a generator, or if the engine can't carry items. */
export function openTask(
  scheduler: Scheduler,
  task: Task<unknown>,
  options: TaskOptions,
  from?: 'fromStreams',
): OpenedTask | null {
  const own = asTask(task);
  if (isPlain(own) || !scheduler.items.areCarried) return null;
  const { iteration, flow, job } = open(scheduler, own, options, windowsOf(noWindows), true, from);
  const yields = new Promise<boolean>((resolve) => {
    flow.items.onArrival = () => resolve(true);
    const settled = ({ status }: Job) => {
      if (status === 'fulfilled' && !flow.isGenerator) rememberPlain(own);
      resolve(status === 'fulfilled' && flow.isGenerator);
    };
    if (job.done) settled(job);
    else job.onSettled({ settled });
  });
  return { iteration, yields };
}

function open<T, R>(
  scheduler: Scheduler,
  task: Task<unknown>,
  options: TaskOptions,
  { window, windowBytes }: Required<ItemWindow>,
  either: boolean,
  from?: 'fromStreams',
): { readonly iteration: TaskIteration<T, R>; readonly flow: IterationFlow; readonly job: Job } {
  const job = scheduler.createJob(task, { ...task.options, ...options }, from);
  const flow = new IterationFlow(job, window, windowBytes, () => scheduler.items.readOn(job), either);
  // A subscriber of `millrace:task:submit` may have cancelled the job.
  if (job.done) flow.settled(job);
  else {
    job.onSettled(flow);
    scheduler.items.openFlow(job, flow);
    // The job has the reason of a refusal.
    if (!admitNow(scheduler, job)) scheduler.line.wait(job).catch(() => {});
  }
  const iteration = new TaskIteration<T, R>(Future.of(job) as Future<R>, flow.items, async () => {
    job.observe();
    if (!job.done) scheduler.cancel(job, leftReason(), job.options.interrupt === true, 'left');
    if (job.holdsThread) await flow.whenLeft();
  });
  remember(iteration, flow, job);
  return { iteration, flow, job };
}

/** A function of its own: a closure in `open` would keep the iteration alive as long as the flow, and it could never be dropped. */
function remember(
  iteration: TaskIteration<unknown>,
  { items, window, windowBytes }: IterationFlow,
  job: Job,
): void {
  const steps = {
    next: () => (items.size > 0 ? { done: false, value: items.take() } : items.next()),
    return: () => iteration.return(),
  };
  rememberProducer(iteration, { owner: job.owner, jobs: [job], window, windowBytes, steps });
}
