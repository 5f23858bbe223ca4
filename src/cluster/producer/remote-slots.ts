import type { Slot } from '../../scheduler/engine.ts';
import type { Job } from '../../scheduler/job/job.ts';

const loopTimes = Object.freeze({ activeMs: 0, idleMs: 0 });

/**
 * The threads of all hosts as slots for the forecast. The producer does not know which thread runs which job: the jobs reported as
 * running take the first slots. At least one slot, because the forecast divides by their number.
 *
 * @param inFlight number of jobs that hosts hold and have not answered.
 */
export function remoteSlots(threads: number, running: Iterable<Job>, inFlight: number): readonly Slot[] {
  const jobs = [...running].slice(0, Math.max(1, threads));
  return Array.from({ length: Math.max(1, threads) }, (_, index): Slot => {
    const runningJob = jobs[index];
    return {
      runningJob,
      running: runningJob?.done === false,
      busy: runningJob !== undefined || index < inFlight,
      suspended: 0,
      readyInMs: () => 0,
      loopTimes,
    };
  });
}
