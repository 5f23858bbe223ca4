/** A gain in throughput below this is none. */
export const tolerance = 0.05;

/** Tasks for each worker: as many as an executor admits beyond one per worker by default. */
const mostOutstanding = 256;

/**
 * Numbers of workers to measure: 1, 2, 4, …, with `cpus` and `max` among them.
 *
 * @param cpus that this process may use.
 * @param max default twice the CPUs: once beyond them, so that it shows whether more gains nothing.
 */
export function workerSteps(cpus: number, max: number = 2 * cpus): number[] {
  return ascending([...doubling(1, max), cpus, max].filter((workers) => workers <= max));
}

/** Numbers of outstanding tasks to measure with so many workers: 1, `workers`, 2 × `workers`, 4 × `workers`, … */
export function outstandingSteps(workers: number): number[] {
  return ascending([1, ...doubling(workers, mostOutstanding * workers)]);
}

/**
 * Is a curve flat at its end? Then its last two steps, two doublings as a rule, have brought less than the tolerance. (One
 * step could be a hitch of the machine; and a throughput that falls is as flat as one that stays.)
 */
export function isFlat(throughputs: readonly number[]): boolean {
  const before = throughputs.slice(0, -2);
  const best = Math.max(...before);
  return before.length > 0 && throughputs.slice(-2).every((each) => each <= best * (1 + tolerance));
}

function doubling(from: number, to: number): number[] {
  const steps: number[] = [];
  for (let step = from; step <= to; step *= 2) steps.push(step);
  return steps;
}

const ascending = (numbers: readonly number[]): number[] => [...new Set(numbers)].toSorted((a, b) => a - b);
