import { callable, checkOptions } from '../base/options.ts';
import type { Source } from '../base/source.ts';
import type { Future } from '../scheduler/job/future.ts';
import type { Scheduler } from '../scheduler/scheduler.ts';
import { asTask } from '../tasks/task.ts';
import type { Task } from '../tasks/task.ts';
import { convertSource } from './convert-source.ts';
import { readFuture, readOutcome, readResult } from './read-job.ts';
import { mapChecks, streamChecks } from './stream-options.ts';
import type { MapOptions, StreamOptions } from './stream-options.ts';
import { TaskStream } from './task-stream.ts';

/** Implements `executor.map()`. */
export function mapTasks<I>(
  scheduler: Scheduler,
  items: Source<I>,
  toTask: (item: I, index: number) => Task<unknown>,
  options: MapOptions,
): TaskStream<unknown> {
  const source = convertSource(items, (item, index) => asTask(toTask(item, index)));
  callable('toTask', toTask);
  const given = checkOptions('map option', options, mapChecks);
  return new TaskStream<unknown>(scheduler, source, {
    kind: 'map',
    order: given.ordered === false ? 'completed' : 'pulled',
    window: given.window ?? scheduler.admission.capacity,
    read: given.outcomes === true ? readOutcome : readResult,
    signal: given.signal,
  });
}

/** Implements `executor.asCompleted()`. */
export function tasksAsCompleted<T extends Task<unknown>>(
  scheduler: Scheduler,
  tasks: Source<T>,
  options: StreamOptions,
): TaskStream<Future<unknown>> {
  const { window, signal } = checkOptions('asCompleted option', options, streamChecks);
  return new TaskStream(
    scheduler,
    convertSource(tasks, (task) => asTask(task)),
    {
      kind: 'asCompleted',
      order: 'completed',
      window: window ?? scheduler.admission.capacity,
      signal,
      read: readFuture,
    },
  );
}
