import type { TaskTarget } from '../tasks/task.ts';
import type { Admission } from './admission/admission.ts';
import type { Engine, Slot } from './engine.ts';
import type { ExecutorIdentity } from './executor-id.ts';
import { inspectTask } from './inspection.ts';
import type { ExecutorInspection, StreamInspection, WorkerInspection } from './inspection.ts';
import type { Forecast } from './figures/forecast.ts';
import type { AdmittedJobs } from './admitted-jobs.ts';
import type { Counters, ExecutorStats } from './figures/stats.ts';

/** The executor's counts at this instant. */
export function takeStats(
  workers: number,
  admission: Admission,
  admittedJobs: AdmittedJobs,
  counters: Counters,
): ExecutorStats {
  const { submitted, refused, fulfilled, rejected, cancelled, runTime, waitTime } = counters;
  const { slots } = admittedJobs.engine;
  const now = performance.now();
  const running = slots.filter((slot) => slot.running).length;
  const { suspended, unsettled } = admittedJobs;
  return Object.freeze({
    workers,
    threads: admittedJobs.engine.workers,
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

/** The expected wait and run time of a task submitted now. Each waiter in line counts with the mean run time of all functions. */
export function takeForecast(
  admission: Admission,
  admittedJobs: AdmittedJobs,
  priority: number,
  target?: TaskTarget,
): Forecast {
  const { forecaster, engine, unsettled } = admittedJobs;
  const { slots } = engine;
  const meanMs = forecaster.meanMs();
  const runMs = target === undefined ? meanMs : forecaster.meanMs(target);
  if (meanMs === undefined) return { waitMs: undefined, runMs, unsettled };
  const inLineMs = (meanMs * admission.waiting) / slots.length;
  return { waitMs: forecaster.waitMs(priority, slots, performance.now()) + inLineMs, runMs, unsettled };
}

/** The engine's view of its worker; if the engine gives none, what the slot shows. */
function inspectWorker(slot: Slot, worker: number): WorkerInspection {
  if (slot.inspect !== undefined) return slot.inspect();
  const { busy, suspended, runningJob } = slot;
  const task = inspectTask(runningJob);
  return { worker, state: 'open', threadId: undefined, sent: busy ? 1 : 0, suspended, task };
}

interface InspectedParts {
  readonly identity: ExecutorIdentity;
  readonly state: ExecutorInspection['state'];
  readonly admission: Admission;
  readonly engine: Engine;
  readonly unsettled: number;
  readonly counters: Counters;
  readonly streams: readonly StreamInspection[];
}

export function takeInspection(parts: InspectedParts): ExecutorInspection {
  const { identity, state, admission, engine, unsettled, counters, streams } = parts;
  const { submitted, fulfilled, rejected, cancelled, refused, fromStreams, fromTasks } = counters;
  const workers = engine.slots.map(inspectWorker);
  const running = workers.filter(({ task }) => task?.settled === false).length;
  const suspended = workers.reduce((sum, worker) => sum + worker.suspended, 0);
  const { queued } = engine;
  return {
    executor: identity.name,
    executorId: identity.executorId,
    at: performance.now(),
    state,
    workers,
    streams,
    tasks: {
      waiting: submitted - refused - fulfilled - rejected - cancelled - unsettled,
      queued,
      sent: Math.max(0, unsettled - queued - running - suspended),
      running,
      suspended,
      unread: streams.reduce((sum, { unread }) => sum + unread, 0),
    },
    places: { capacity: admission.capacity, taken: admission.placesTaken },
    bytes: { max: admission.maxBytes, taken: admission.bytesTaken },
    totals: { submitted, fulfilled, rejected, cancelled, refused },
    origins: { callers: submitted - fromStreams - fromTasks, streams: fromStreams, tasks: fromTasks },
  };
}
