import type { Figures } from './figures.ts';
import { amount, milliseconds, percent } from './format.ts';
import type { Knee } from './knee.ts';
import { tolerance } from './plan.ts';

export interface Advice {
  /** Options of `new Executor()`. */
  readonly workers: number;
  readonly maxPending: number;
  /** Of `asCompleted()` and `map()`. */
  readonly window: number;
  /** Why, in sentences. */
  readonly reasons: readonly string[];
}

/** The advised settings, with reasons. `cpus`: the number of CPUs that this process may use. */
export function advise(all: readonly Figures[], { knee, best }: Knee, cpus: number): Advice {
  const { workers, outstanding } = knee;
  return {
    workers,
    maxPending: Math.max(0, outstanding - workers),
    window: outstanding,
    reasons: [whyWorkers(all, knee, best, cpus), ...whyOutstanding(all, knee, best)],
  };
}

function whyWorkers(all: readonly Figures[], knee: Figures, best: Figures, cpus: number): string {
  const { workers } = knee;
  if (all.every((each) => each.workers <= workers)) return whyMost(knee, cpus);
  const share = knee.perSecond / best.perSecond;
  const gain = share < 1 - tolerance ? 'gain nothing that could be measured' : 'gain nothing';
  const reach = workers === 1 ? '1 worker reaches' : `${workers} workers reach`;
  return `${reach} ${percent(share)} of the best throughput, and more of them ${gain}: ${limitOf(knee, cpus)}.`;
}

function whyMost({ workers, cpus: busy }: Figures, cpus: number): string {
  if (workers === 1) return 'Only 1 worker was measured.';
  const growing = `The throughput still grows at ${workers} workers, the most that were measured: try a larger --max-workers.`;
  if (busy > cpus / 2) return growing;
  return `${growing} Only ${amount(busy)} of ${cpus} CPUs are busy: what waits needs no thread, millrace/flow limits it without.`;
}

/** The resource that limits throughput, judging by the use of the CPUs. */
function limitOf({ workers, cpus: busy, mainThread }: Figures, cpus: number): string {
  if (mainThread > 0.5) {
    return `the main thread hands out tasks for ${percent(mainThread)} of the time, so give each of them more to do`;
  }
  if (busy > 0.85 * cpus) return cpus === 1 ? 'the only CPU is busy' : `all ${cpus} CPUs are busy`;
  const used = `${amount(busy)} of ${cpus} CPUs are busy`;
  return busy < 0.7 * Math.min(workers, cpus)
    ? `${used}, so the function waits for something that the workers share (a lock, a disk, a service)`
    : `${used}, so something else that the workers share is the limit (memory, a disk, a lock)`;
}

function whyOutstanding(all: readonly Figures[], knee: Figures, best: Figures): string[] {
  const { workers, outstanding } = knee;
  const same = all.filter((each) => each.workers === workers);
  const one = same.find((each) => each.outstanding === workers);
  const most = same.reduce((a, b) => (b.outstanding > a.outstanding ? b : a), knee);
  const few =
    outstanding <= workers
      ? 'No task needs to wait for a worker: to hand one over takes next to nothing of the time that it runs.'
      : `With one for each worker the workers idle between tasks: ${percent((one?.perSecond ?? 0) / best.perSecond)} of the best throughput.`;
  if (most === knee) {
    return outstanding <= workers
      ? [few]
      : [few, `The throughput still grows at ${outstanding} outstanding tasks, the most that were measured.`];
  }
  const throughput = `${percent(most.perSecond / knee.perSecond)} of that throughput`;
  const latency = `a result takes ${milliseconds(most.p50Ms)} instead of ${milliseconds(knee.p50Ms)}`;
  return [few, `With ${most.outstanding} outstanding it is ${throughput}, and ${latency}.`];
}
