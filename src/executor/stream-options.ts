import { abortSignal, boolean, integer } from '../base/options.ts';
import type { OptionChecks } from '../base/options.ts';
import type { Outcome } from '../base/outcome.ts';
import type { OfFuture } from '../scheduler/job/future.ts';
import type { GeneratorTask } from '../tasks/generator-task.ts';
import { itemWindowChecks } from '../tasks/iterate-options.ts';
import type { ItemWindow } from '../tasks/iterate-options.ts';
import type { Task, TaskResult } from '../tasks/task.ts';

/** Options of `executor.asCompleted()`. */
export interface StreamOptions {
  /** The most tasks in flight or finished and unread, an integer of at least 1. Default: the executor's capacity. */
  readonly window?: number;
  /**
   * Ends the iteration with the signal's reason, as if the reader had left the loop: it pulls no more, and cancels its tasks that no
   * thread has begun with that reason.
   */
  readonly signal?: AbortSignal;
}

/** Options of `executor.map()`, `stream()` and `duplex()`. */
export interface MapOptions extends StreamOptions {
  /** True: results in the order of the items. False: in the order in which the tasks end. Default true. */
  readonly ordered?: boolean;
  /** Yield each result as an `Outcome`, so that a failure does not end the iteration. Default false. */
  readonly outcomes?: boolean;
}

/** What `map()` yields for a task: its result, or with `outcomes: true` its outcome and its future. */
export type MapResult<T extends Task<unknown>, Outcomes extends boolean> = Outcomes extends true
  ? Outcome<TaskResult<T>, OfFuture<TaskResult<T>>>
  : TaskResult<T>;

/** What `stream()` yields for a task: each item if the task is a generator, else its result; with `outcomes: true` as outcomes. */
export type StreamResult<T, Outcomes extends boolean> =
  T extends GeneratorTask<infer I>
    ? Outcomes extends true
      ? Outcome<I, OfFuture<unknown>>
      : I
    : T extends Task<unknown>
      ? MapResult<T, Outcomes>
      : never;

/** Options of `executor.flatMap()`; `window` and `windowBytes` are those of each generator. */
export interface FlatMapOptions extends ItemWindow {
  /** True: the items of one generator after the other, in the order of the source. False: items as they arrive. Default true. */
  readonly ordered?: boolean;
  /** The most open generators, an integer of at least 1. Default: the executor's `workers`. */
  readonly concurrency?: number;
  /** Ends the iteration with the signal's reason, as if the reader had left the loop. */
  readonly signal?: AbortSignal;
}

export const streamChecks: OptionChecks<StreamOptions> = { window: integer(1), signal: abortSignal };

export const mapChecks: OptionChecks<MapOptions> = { ...streamChecks, ordered: boolean, outcomes: boolean };

export const flatMapChecks: OptionChecks<FlatMapOptions> = {
  ...itemWindowChecks,
  ordered: boolean,
  concurrency: integer(1),
  signal: abortSignal,
};
