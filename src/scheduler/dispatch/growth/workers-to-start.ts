import { waterLevel } from '../../figures/water-level.ts';

/** The work that waits, and the workers that it waits for. */
export interface Demand {
  /**
   * For each worker: milliseconds until it can begin another job; Infinity if that is unknown. 0 while the worker boots, unless the
   * boot takes longer than usual.
   */
  readonly freeInMs: readonly number[];
  /** How many of these workers are not up yet. */
  readonly starting: number;
  /** Expected run times of waiting jobs in the order of dispatch, milliseconds; Infinity if unknown or longer than a boot. */
  readonly runMs: readonly number[];
  /** Waiting jobs behind these; each counts with the mean of the known run times. */
  readonly further: number;
  /** All jobs that no worker has begun: waiting jobs, and jobs whose turn in their worker comes soon. */
  readonly waiting: number;
  /** Milliseconds for which work has waited and no worker was idle. */
  readonly busyForMs: number;
}

/**
 * How many workers to start in addition.
 *
 * Each job goes to the worker that is free first, as the feeder assigns it. A job that would wait longer than a boot gets a new
 * worker, on which further jobs may follow: so each new worker has a boot's time of work. A job of unknown length, or one that runs
 * longer than a boot, is taken to keep its worker for ever: a job behind it gets another worker.
 *
 * A bounded queue of small jobs never forecasts a long wait, however many more jobs its source has. But work that has kept all
 * workers busy for a boot's time without a pause was worth a boot: the number of workers then doubles.
 *
 * @param bootMs what a boot takes.
 * @param most workers that may be started.
 */
export function workersToStart(demand: Demand, bootMs: number, most: number): number {
  const { runMs, further, starting, waiting, busyForMs } = demand;
  const freeInMs = [...demand.freeInMs];
  const known = freeInMs.length;
  const started = () => freeInMs.length - known;
  for (const ms of runMs) {
    let first = indexOfLeast(freeInMs);
    if (first < 0 || (freeInMs[first] as number) > bootMs) {
      if (started() >= most) return most;
      first = freeInMs.push(0) - 1;
    }
    (freeInMs[first] as number) += ms > bootMs ? Infinity : ms;
  }
  const finite = runMs.filter((ms) => ms <= bootMs);
  const restMs = finite.length === 0 ? 0 : (further * sum(finite)) / finite.length;
  for (let left = further; left > 0 && started() < most; left--) {
    if (waterLevel(freeInMs, restMs) <= bootMs) break;
    freeInMs.push(0);
  }
  const doubled = busyForMs > bootMs && starting === 0 ? Math.min(known, waiting) : 0;
  return Math.min(most, Math.max(started(), doubled));
}

function indexOfLeast(values: readonly number[]): number {
  let least = -1;
  for (let index = 0; index < values.length; index++)
    if (least < 0 || (values[index] as number) < (values[least] as number)) least = index;
  return least;
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
