import { boolean, callable, checkOptions, integer } from '../base/options.ts';
import type { OptionChecks } from '../base/options.ts';
import { asTask } from '../tasks/task.ts';
import type { Task, TaskResult } from '../tasks/task.ts';
import type { Outcome } from '../scheduler/job/future.ts';
import { readOutcome, readResult } from './readings.ts';
import type { Scheduler } from '../scheduler/scheduler.ts';
import type { Source } from '../base/source.ts';
import { convertSource } from './task-source.ts';
import { TaskStream } from './task-stream.ts';

export interface StreamOptions {
  /** Tasks in flight or finished and not yet read, an integer of at least 1. Default: the executor's capacity. */
  readonly window?: number;
}

export interface MapOptions extends StreamOptions {
  /** Results in the order of the items (default), or in the order in which they end. */
  readonly ordered?: boolean;
  /** Yield each result as an `Outcome`, so that a failure does not end the iteration. Default false. */
  readonly outcomes?: boolean;
}

/** What `map()` and the streams give for a task: its result, or its outcome with `outcomes: true`. */
export type MapResult<T extends Task<unknown>, Outcomes extends boolean> = Outcomes extends true
  ? Outcome<TaskResult<T>>
  : TaskResult<T>;

/**
 * What `executor.map()` does, and its streams over what is written to them.
 *
 * @param method whose options they are, for messages.
 */
export function mapTasks<I>(
  scheduler: Scheduler,
  method: 'map' | 'stream' | 'duplex',
  items: Source<I>,
  toTask: (item: I, index: number) => Task<unknown>,
  options: MapOptions,
): TaskStream<unknown> {
  const source = convertSource(items, (item, index) => asTask(toTask(item, index)));
  callable('toTask', toTask);
  const given = checkOptions(`${method} option`, options, mapChecks);
  return new TaskStream<unknown>(scheduler, source, {
    order: given.ordered === false ? 'completed' : 'pulled',
    window: given.window ?? scheduler.admission.capacity,
    read: given.outcomes === true ? readOutcome : readResult,
  });
}

export const streamChecks: OptionChecks<StreamOptions> = { window: integer(1) };
const mapChecks: OptionChecks<MapOptions> = { ...streamChecks, ordered: boolean, outcomes: boolean };
