import type { Batch } from '../backend.ts';
import type { Job } from '../../job/job.ts';
import type { Lane } from '../workers/lane.ts';
import type { PendingQueue } from '../pending-queue.ts';
import type { Demand } from './workers-to-start.ts';

/** The inputs of `readDemand()`. */
export interface DemandSources {
  readonly lanes: readonly Lane[];
  readonly queue: PendingQueue;
  /** Expected run time of a job, undefined if unknown. */
  readonly estimateMs: (job: Job) => number | undefined;
  readonly bootMs: number;
}

/** How many jobs to examine one by one: enough to give each worker one, and a bounded number for a long queue. */
const looksAt = (lanes: readonly Lane[]) => Math.max(64, 2 * lanes.length);

/**
 * Reads how much work waits. A job that a worker has been sent and has not begun counts as that worker's if its turn comes within a
 * boot; otherwise it counts as waiting, since it can be taken back. `now`: milliseconds on the clock of `performance.now()`.
 */
export function readDemand(sources: DemandSources, now: number): Omit<Demand, 'busyForMs'> {
  const { lanes, queue } = sources;
  const most = looksAt(lanes);
  const runMs: number[] = [];
  const freeInMs: number[] = [];
  let starting = 0;
  let further = 0;
  let waiting = queue.size;
  const wait = (ms: number, count: number) => {
    const seen = Math.min(count, most - runMs.length);
    for (let left = seen; left > 0; left--) runMs.push(ms);
    further += count - seen;
  };
  for (const lane of lanes) {
    if (lane.state === 'cold') continue;
    if (!lane.isUp) starting++;
    // A worker in which jobs wait gets other jobs only if no other worker can come.
    let freeIn = lane.holdsWaiting ? Infinity : runsForMs(lane, sources, now);
    // The first job of an idle worker does not wait.
    let first = lane.runningJob === undefined ? 1 : 0;
    for (const batch of lane.batches) {
      const position = firstUnbegun(batch);
      if (position < 0) continue;
      const job = batch.jobs[position] as Job;
      const count = countUnbegun(batch, position);
      waiting += count - first;
      first = 0;
      const ms = expected(job, sources);
      if (freeIn <= sources.bootMs) freeIn += count * ms;
      else if (!job.moved) wait(ms, count);
    }
    freeInMs.push(freeIn);
  }
  let queued = queue.size;
  if (queued > 0) {
    for (const job of queue) {
      if (runMs.length >= most) break;
      runMs.push(expected(job, sources));
      queued--;
    }
  }
  return { freeInMs, starting, runMs, further: further + queued, waiting };
}

/** Milliseconds until a worker ends its running job; Infinity if the job has run longer than a boot, or the worker stalls: either may go on for ever. */
function runsForMs(lane: Lane, sources: DemandSources, now: number): number {
  if (lane.stalledLooks > 0) return Infinity;
  const lateMs = lane.lateMs(now);
  const job = lane.runningJob;
  const since = job?.runningSince;
  if (job === undefined || since === undefined) return lateMs;
  const ranMs = now - since;
  return ranMs > sources.bootMs ? Infinity : lateMs + Math.abs(expected(job, sources) - ranMs);
}

/** Expected run time of a job in milliseconds; Infinity if it is unknown, or longer than a boot. */
function expected(job: Job, { estimateMs, bootMs }: DemandSources): number {
  const ms = estimateMs(job) ?? Infinity;
  return ms > bootMs ? Infinity : ms;
}

/** The first job of a batch that its worker has not begun; -1 if there is none. */
function firstUnbegun(batch: Batch<Job>): number {
  for (let position = batch.answered; position < batch.jobs.length; position++) {
    if (batch.jobs[position]?.batch === batch && batch.claim(position) === 'sent') return position;
  }
  return -1;
}

/** How many jobs the batch has from this position on, without those that have been taken back. */
function countUnbegun({ jobs, taken }: Batch<Job>, from: number): number {
  if (taken === 0) return jobs.length - from;
  return jobs.slice(from).filter(({ status, batch }) => status === 'sent' && batch === jobs[from]?.batch)
    .length;
}
