import type { TaskTarget } from '../tasks/task.ts';
import type { Admission } from './admission/admission.ts';
import type { Forecast } from './figures/forecast.ts';
import type { Ledger } from './admitted-jobs.ts';
import type { Counters, ExecutorStats } from './figures/stats.ts';

/** The books of an executor at this instant. */
export function takeStats(
  workers: number,
  admission: Admission,
  ledger: Ledger,
  counters: Counters,
): ExecutorStats {
  const { submitted, refused, fulfilled, rejected, cancelled, runTime, waitTime } = counters;
  const { slots } = ledger.engine;
  const now = performance.now();
  const running = slots.filter((slot) => slot.running).length;
  const { suspended, unsettled } = ledger;
  return Object.freeze({
    workers,
    busy: slots.filter((slot) => slot.busy).length,
    running,
    suspended,
    pending: unsettled - running - suspended,
    pendingBytes: admission.bytesTaken,
    waiting: submitted - refused - fulfilled - rejected - cancelled - unsettled,
    submitted,
    fulfilled,
    rejected,
    cancelled,
    refused,
    runTimeMs: runTime.percentiles(now),
    waitTimeMs: waitTime.percentiles(now),
    saturated: admission.saturated,
  });
}

/** What a submission now has to expect; those that wait for a place count as the mean task. */
export function takeForecast(
  admission: Admission,
  ledger: Ledger,
  priority: number,
  target?: TaskTarget,
): Forecast {
  const { backlog, engine, unsettled } = ledger;
  const { slots } = engine;
  const meanMs = backlog.meanMs();
  const runMs = target === undefined ? meanMs : backlog.meanMs(target);
  if (meanMs === undefined) return { waitMs: undefined, runMs, unsettled };
  const inLineMs = (meanMs * admission.waiting) / slots.length;
  return { waitMs: backlog.waitMs(priority, slots, performance.now()) + inLineMs, runMs, unsettled };
}
