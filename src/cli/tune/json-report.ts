import { cpus } from 'node:os';
import { availableWorkers } from '../../index.ts';
import { figuresOf } from './figures.ts';
import type { Figures, Measurement } from './figures.ts';
import type { Findings } from './measure.ts';

/** Formats what `--json` writes: all figures, with units in their names; shares are from 0 to 1. */
export function jsonReport({ task, points, found, advice, circumstances, warnings }: Findings): string {
  const { load, rounds, seconds } = circumstances;
  const report = {
    task,
    machine: { cpu: cpus()[0]?.model, cpus: availableWorkers(), node: process.version },
    secondsPerMeasurement: seconds,
    rounds,
    points: points.map((point) => ({
      ...setting(figuresOf(point)),
      rounds: point.rounds.map(measured),
    })),
    best: setting(found.best),
    knee: setting(found.knee),
    typicalSpreadShare: found.noise,
    advice,
    otherProcessesCpuShare: load,
    warnings,
  };
  return `${JSON.stringify(report, null, 2)}\n`;
}

const setting = (figures: Figures) => ({
  workers: figures.workers,
  outstanding: figures.outstanding,
  ...measured(figures),
  spreadShare: figures.spread,
});

const measured = ({ perSecond, p50Ms, p99Ms, cpus: busy, mainThread }: Measurement) => ({
  tasksPerSecond: perSecond,
  latencyP50Ms: p50Ms,
  latencyP99Ms: p99Ms,
  busyCpus: busy,
  mainThreadBusyShare: mainThread,
});
