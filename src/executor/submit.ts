import { isAborted, reasonOf } from '../base/on-abort.ts';
import { Future } from '../scheduler/job/future.ts';
import type { Job } from '../scheduler/job/job.ts';
import type { Scheduler } from '../scheduler/scheduler.ts';
import { asTask } from '../tasks/task.ts';
import type { Task } from '../tasks/task.ts';
import { validateTaskOptions } from '../tasks/task-options.ts';
import type { TaskOptions } from '../tasks/task-options.ts';

/** Implements `executor.submit()`. */
export function submitTask<R>(
  scheduler: Scheduler,
  task: Task<R>,
  options: TaskOptions | undefined,
  from?: 'fromStreams',
): Promise<Future<R>> {
  try {
    const job = createJob(scheduler, task, options, from);
    if (admitNow(scheduler, job)) return Promise.resolve(Future.of(job) as Future<R>);
    return scheduler.line.wait(job).then(() => Future.of(job) as Future<R>);
  } catch (error) {
    return Promise.reject(error);
  }
}

/** Implements `executor.trySubmit()`. */
export function trySubmitTask<R>(
  scheduler: Scheduler,
  task: Task<R>,
  options: TaskOptions | undefined,
): Future<R> | null {
  const job = createJob(scheduler, task, options);
  const { signal } = job.options;
  if (job.done) throw job.value;
  if (signal !== undefined && isAborted(signal)) throw scheduler.unadmitted.abort(job, reasonOf(signal));
  if (scheduler.tryAdmit(job)) return Future.of(job) as Future<R>;
  if (scheduler.state !== 'open') throw scheduler.unadmitted.refuse(job, scheduler.closedError());
  scheduler.unadmitted.refuse(job, null);
  return null;
}

/** Implements `executor.run()`. */
export function runTask<R>(
  scheduler: Scheduler,
  task: Task<R>,
  options: TaskOptions | undefined,
): Promise<R> {
  try {
    const job = createJob(scheduler, task, options);
    if (admitNow(scheduler, job)) return job.result() as Promise<R>;
    return scheduler.line.wait(job).then(() => job.result() as Promise<R>);
  } catch (error) {
    return Promise.reject(error);
  }
}

/** Admits the job if its signal has not aborted and there is room for it. */
export function admitNow(scheduler: Scheduler, job: Job): boolean {
  const { signal } = job.options;
  return (signal === undefined || !isAborted(signal)) && scheduler.tryAdmit(job);
}

function createJob(
  scheduler: Scheduler,
  task: Task<unknown>,
  options: TaskOptions | undefined,
  from?: 'fromStreams',
): Job {
  const own = asTask(task);
  const all = options === undefined ? own.options : { ...own.options, ...validateTaskOptions(options) };
  return scheduler.createJob(own, all, from);
}
