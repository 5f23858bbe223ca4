import { availableWorkers } from '../../index.ts';
import type { Executor } from '../../index.ts';
import type { TuneArguments } from './tune-arguments.ts';
import type { Session } from '../session.ts';
import { advise } from './advice.ts';
import type { Advice } from './advice.ts';
import { closedLoop } from './closed-loop.ts';
import { explore } from './explore.ts';
import { figuresOf } from './figures.ts';
import type { Figures, Point } from './figures.ts';
import { seconds as inSeconds } from './format.ts';
import { findKnee } from './knee.ts';
import type { Knee } from './knee.ts';
import type { Rig } from './level.ts';
import { OtherLoadWatch, readOtherLoad } from './other-load.ts';
import type { Sample } from './samples.ts';
import { warningsOf } from './warnings.ts';
import type { Circumstances } from './warnings.ts';

/** The result of a run of `millrace tune`. */
export interface Findings {
  /** `MODULE#EXPORT`, the module as a URL. */
  readonly task: string;
  readonly points: readonly Point[];
  /** The medians of each point, in the same order. */
  readonly figures: readonly Figures[];
  readonly found: Knee;
  readonly advice: Advice;
  readonly circumstances: Circumstances;
  readonly warnings: readonly string[];
}

/**
 * Measures with executors of the session, finds the knee and derives the advice.
 *
 * @throws {LineError} if a task has failed.
 */
export async function measure(
  session: Session,
  { target, maxWorkers, rounds, seconds }: TuneArguments,
  samples: readonly Sample[],
): Promise<Findings> {
  const cpus = availableWorkers();
  const measurementMs = seconds * 1000;
  let executor: Executor | undefined;
  let total: number | undefined;

  const open = async (workers: number): Promise<Rig> => {
    const opened = await session.open(workers);
    executor = opened;
    await opened.ready();
    const rig: Rig = {
      async measure(outstanding) {
        const measurement = await closedLoop(opened, samples, outstanding, measurementMs);
        session.advance();
        return measurement;
      },
      close: () => session.close(opened),
    };
    await rig.measure(2 * workers);
    return rig;
  };
  const planned = (measurements: number): void => {
    if (total === undefined) {
      const all = `${measurements} measurements of ${inSeconds(seconds)}, ${inSeconds(measurements * seconds)}`;
      void session.remark(`at most ${all}; fewer if the curves are flat sooner`);
    }
    total = measurements;
  };

  const before = await readOtherLoad();
  const watch = new OtherLoadWatch();
  await session.track(() => ({
    total: () => total,
    stats: () => executor?.stats() ?? { busy: 0, workers: 0 },
  }));
  const points = await explore({ cpus, maxWorkers, rounds, measurementMs, open, planned });
  const figures = points.map(figuresOf);
  const found = findKnee(figures);
  const circumstances = { load: { before, during: watch.stop() }, rounds, seconds };
  return {
    task: `${target.module.href}#${target.name}`,
    points,
    figures,
    found,
    advice: advise(figures, found, cpus),
    circumstances,
    warnings: warningsOf(found, circumstances),
  };
}
