import { checkOptions, integer, oneOf } from '../base/options.ts';
import { jobsIn } from './as-completed.ts';
import { evictionsFor } from '../scheduler/admission/evictions.ts';
import type { Forecast } from '../scheduler/figures/forecast.ts';
import type { Future } from '../scheduler/job/future.ts';
import type { ShutdownMode } from '../scheduler/lifecycle.ts';
import type { Scheduler } from '../scheduler/scheduler.ts';
import { payloadBytes } from '../tasks/payload-size.ts';
import { asTask, Task } from '../tasks/task.ts';

/** Options of `executor.forecast()`. */
export interface ForecastOptions {
  /** The priority of the forecast task, a safe integer: tasks of the same or a larger priority run before it. Default 0. */
  readonly priority?: number;
  /** The task whose function's mean run time becomes `runMs`. Default: the mean of all functions. */
  readonly task?: Task<unknown>;
}

/** Options of `executor.shutdown()`. */
export interface ShutdownOptions {
  /** What happens to the admitted tasks; see `Executor.shutdown()`. Default `'drain'`. */
  readonly mode?: ShutdownMode;
}

/** Implements `executor.forecast()`. */
export function forecastFor(scheduler: Scheduler, options: ForecastOptions): Forecast {
  const { priority, task } = checkOptions('forecast option', options, forecastChecks);
  return scheduler.forecast(priority, task === undefined ? undefined : Task.targetOf(asTask(task)));
}

/** Implements `executor.evictionsFor()`. */
export function evictionsOf(
  scheduler: Scheduler,
  task: Task<unknown>,
  futures: Iterable<Future<unknown>>,
): readonly Future<unknown>[] | null {
  return evictionsFor(payloadBytes(Task.argsOf(asTask(task))), jobsIn(futures), scheduler.admission);
}

/** Implements `executor.shutdown()`. */
export function shutDown(scheduler: Scheduler, options: ShutdownOptions): Promise<void> {
  try {
    const { mode = 'drain' } = checkOptions('shutdown option', options, shutdownChecks);
    return scheduler.shutdown(mode);
  } catch (error) {
    return Promise.reject(error);
  }
}

const shutdownChecks = { mode: oneOf('drain', 'cancel', 'kill') };
const forecastChecks = {
  priority: integer(Number.MIN_SAFE_INTEGER),
  task: (_: string, value: unknown) => void asTask(value as Task<unknown>),
};
