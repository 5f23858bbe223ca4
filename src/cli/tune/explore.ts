import type { Point } from './figures.ts';
import { inOrder, Level } from './level.ts';
import type { Rig } from './level.ts';
import { isFlat, workerSteps } from './plan.ts';

export interface Exploration {
  /** CPUs that this process may use. */
  readonly cpus: number;
  /** Default twice the CPUs. */
  readonly maxWorkers: number | undefined;
  /** How often each setting is measured. */
  readonly rounds: number;
  /** What one measurement takes, unless a result takes longer. Milliseconds. */
  readonly measurementMs: number;
  readonly open: (workers: number) => Promise<Rig>;
  /** Told at first and after each executor: how many measurements there will be at the most, warming-ups included. */
  readonly planned: (measurements: number) => void;
}

/**
 * Measures until the curves are flat: for each number of workers growing numbers of outstanding tasks, and growing numbers of
 * workers as long as they gain something.
 *
 * All is measured in rounds, and every other round the other way round: a busy moment of the machine falls on one
 * measurement of a point and not on all of them, and a slow change on both ends alike. A curve that the medians of a later
 * round show not to be flat is followed further, with as many measurements at once as the other points have by then.
 *
 * One executor is open at a time: the threads of the others would hold memory, and what the task module has set up.
 *
 * @returns at least one point, in the order of workers and then of outstanding tasks.
 */
export async function explore(exploration: Exploration): Promise<Point[]> {
  const { cpus, maxWorkers, rounds, measurementMs, open, planned } = exploration;
  const levels = workerSteps(cpus, maxWorkers).map((workers) => new Level(workers, measurementMs));
  let reached = 0;
  const isDone = (): boolean =>
    reached === levels.length || isFlat(levels.slice(0, reached).map(({ best }) => best));
  const plan = (): void => {
    const visited = isDone() ? levels.slice(0, reached) : levels;
    // One for the warming-up of each executor.
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
