import { callable, checkOptions } from '../base/options.ts';
import type { Source } from '../base/source.ts';
import { Future } from '../scheduler/job/future.ts';
import type { Job } from '../scheduler/job/job.ts';
import type { Scheduler } from '../scheduler/scheduler.ts';
import { asGeneratorTask } from '../tasks/generator-task.ts';
import type { GeneratorTask, TaskItem } from '../tasks/generator-task.ts';
import { noWindows, windowsOf } from '../tasks/iterate-options.ts';
import { asTask } from '../tasks/task.ts';
import type { Task } from '../tasks/task.ts';
import { convertSource } from './convert-source.ts';
import { ItemStream } from './item-stream.ts';
import { readOutcome, readResult } from './read-job.ts';
import { flatMapChecks, mapChecks } from './stream-options.ts';
import type { FlatMapOptions, MapOptions } from './stream-options.ts';

/** Implements `executor.flatMap()`. */
export function flatMapTasks<I, G extends GeneratorTask<unknown>>(
  scheduler: Scheduler,
  items: Source<I>,
  toTask: (item: I, index: number) => G,
  options: FlatMapOptions,
): ItemStream<TaskItem<G>> {
  const source = convertSource(items, (item, index) => asGeneratorTask(toTask(item, index)));
  callable('toTask', toTask);
  const given = checkOptions('flatMap option', options, flatMapChecks);
  const { window, windowBytes } = windowsOf(given);
  scheduler.items.check();
  return new ItemStream(scheduler, source, {
    kind: 'flatMap',
    ordered: given.ordered !== false,
    concurrency: given.concurrency ?? scheduler.workers,
    window: Infinity,
    itemWindow: window,
    itemWindowBytes: windowBytes,
    mixed: false,
    item: (value) => value as TaskItem<G>,
    read: (job) => readResult(job) as TaskItem<G>,
    signal: given.signal,
  });
}

/**
 * Implements `executor.stream()` and `duplex()` over the items that are written to them: like `map()`, but each item that a
 * generator yields is a result.
 *
 * @param aborted called when the signal has ended the pipe.
 */
export function pipeTasks<I>(
  scheduler: Scheduler,
  method: 'stream' | 'duplex',
  items: Source<I>,
  toTask: (item: I, index: number) => Task<unknown> | GeneratorTask<unknown>,
  options: MapOptions,
  aborted: (reason: unknown) => void,
): ItemStream<unknown> {
  const source = convertSource(items, (item, index) => asTask(toTask(item, index) as Task<unknown>));
  callable('toTask', toTask);
  const given = checkOptions(`${method} option`, options, mapChecks);
  const { window, windowBytes } = windowsOf(noWindows);
  return new ItemStream<unknown>(scheduler, source, {
    kind: method,
    ordered: given.ordered !== false,
    concurrency: scheduler.workers,
    window: given.window ?? scheduler.admission.capacity,
    itemWindow: window,
    itemWindowBytes: windowBytes,
    mixed: true,
    item: given.outcomes === true ? itemOutcome : (value) => value,
    read: given.outcomes === true ? readOutcome : readResult,
    signal: given.signal,
    aborted,
  });
}

const itemOutcome = (value: unknown, job: Job) =>
  ({ status: 'fulfilled', value, future: Future.of(job) }) as const;
