import type { Point } from './figures.ts';
import { inOrder, Level } from './level.ts';
import type { Rig } from './level.ts';
import { isFlat, workerSteps } from './plan.ts';

export interface Exploration {
  /** Number of CPUs that this process may use. */
  readonly cpus: number;
  /** Most workers to measure; default twice the CPUs. */
  readonly maxWorkers: number | undefined;
  /** Number of times that each setting is measured. */
  readonly rounds: number;
  /** Duration of one measurement in milliseconds; it takes longer if a result does. */
  readonly measurementMs: number;
  readonly open: (workers: number) => Promise<Rig>;
  /** Called at first and after each executor with the most measurements that there will be, warm-ups included. */
  readonly planned: (measurements: number) => void;
}

/**
 * Measures until the curves are flat: it raises the number of workers while that gains throughput, and with each number
 * of workers the number of outstanding tasks.
 *
 * Every point is measured once a round, and every other round runs backwards. A busy moment of the machine thus falls on
 * one measurement of a point and not on all, and a slow drift affects both ends alike. If the medians of a later round
 * show that a curve is not flat, more points are added, each measured at once as often as the others by then.
 *
 * One executor is open at a time, since idle executors would hold threads, memory and whatever the task module sets up.
 *
 * @returns at least one point, sorted by workers and then by outstanding tasks.
 */
export async function explore(exploration: Exploration): Promise<Point[]> {
  const { cpus, maxWorkers, rounds, measurementMs, open, planned } = exploration;
  const levels = workerSteps(cpus, maxWorkers).map((workers) => new Level(workers, measurementMs));
  let reached = 0;
  const isDone = (): boolean =>
    reached === levels.length || isFlat(levels.slice(0, reached).map(({ best }) => best));
  const plan = (): void => {
    const visited = isDone() ? levels.slice(0, reached) : levels;
    // Each executor adds one measurement to warm up.
    planned(rounds * visited.reduce((sum, level) => sum + 1 + level.mostPoints, 0));
  };
  const visit = async (level: Level, round: number): Promise<void> => {
    const rig = await open(level.workers);
    await level.measure(rig, round);
    await rig.close();
    plan();
  };

  plan();
  for (let round = 0; round < rounds; round++) {
    for (const level of inOrder(levels.slice(0, reached), round)) await visit(level, round);
    while (!isDone()) await visit(levels[reached++] as Level, round);
  }
  return levels.flatMap(({ points }) => points);
}
