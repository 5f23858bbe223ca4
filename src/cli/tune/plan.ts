/** A throughput gain up to this share counts as none. */
export const tolerance = 0.05;

/** Most outstanding tasks for each worker: the default `maxPending` of an executor, for each worker. */
const mostOutstanding = 256;

/**
 * Numbers of workers to measure: 1, 2, 4, …, with `cpus` and `max` among them.
 *
 * @param cpus number of CPUs that this process may use.
 * @param max default twice the CPUs, so that one step beyond them shows whether more workers gain anything.
 */
export function workerSteps(cpus: number, max: number = 2 * cpus): number[] {
  return ascending([...doubling(1, max), cpus, max].filter((workers) => workers <= max));
}

/** Numbers of outstanding tasks to measure: 1, `workers`, 2 × `workers`, 4 × `workers`, … up to 256 × `workers`. */
export function outstandingSteps(workers: number): number[] {
  return ascending([1, ...doubling(workers, mostOutstanding * workers)]);
}

/**
 * True if a curve is flat at its end: neither of its last two points is more than the tolerance above the best before
 * them. One point alone could be a hitch of the machine. A throughput that falls counts as flat.
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
