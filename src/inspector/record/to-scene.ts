import type { Scene } from '../verdict/scene.ts';
import type { KnownFunction } from './functions.ts';
import type { Sums } from './totals.ts';

/** Facts about an executor besides its sums. */
export interface SceneFacts {
  readonly workers: number;
  readonly capacity: number;
  readonly functions: readonly KnownFunction[];
  /** Of a cluster, the threads of the hosts that are there. */
  readonly hostThreads: number | undefined;
  /** For a cluster, the busy share that its hosts report: the producer learns of most tasks only when they have ended. */
  readonly busyHosts: number | undefined;
  /** Was this the only executor with work? Otherwise the process's processor time can't be attributed. */
  readonly alone: boolean;
  /** Number of processors that the process may use. */
  readonly processors: number;
  readonly machineBusy: number | undefined;
  readonly forecastMs: number | undefined;
}

/** The sums of some time as a scene for a verdict. */
export function toScene({ totals, functionMs, deadTask }: Sums, facts: SceneFacts): Scene {
  const { workers, hostThreads, capacity, functions, busyHosts, alone, processors } = facts;
  const { machineBusy, forecastMs } = facts;
  const { samples, spanMs, submitted, streamSamples, runs, placeWaits } = totals;
  const mean = (sum: number) => ratio(sum, samples);
  const ofStreams = (sum: number) => ratio(sum, streamSamples);
  const streams = ratio(totals.fromStreams, submitted);
  const tasks = ratio(totals.fromTasks, submitted);
  const active = ratio(totals.activeMs, totals.loopMs);
  return {
    spanMs,
    silentMs: totals.lateMs,
    deaths: totals.deaths,
    deadTask,
    workers,
    hostThreads,
    capacity,
    submitted,
    fulfilled: totals.fulfilled,
    failed: totals.rejected,
    refused: totals.refused + totals.gateRefused,
    busy: busyHosts ?? Math.min(1, Math.max(active, ratio(totals.occupied, totals.workers))),
    computing: alone ? Math.min(1, ratio(totals.threadCpuMs, spanMs * workers)) : undefined,
    // The process may use up its quota while the machine is idle.
    machineBusy:
      machineBusy === undefined ? undefined : Math.max(machineBusy, ratio(totals.cpuMs, spanMs * processors)),
    mainBusy: Math.min(1, ratio(totals.mainActiveMs, totals.mainMs)),
    waiting: mean(totals.waiting),
    queued: mean(totals.queued),
    sent: mean(totals.sent),
    running: mean(totals.running),
    placesFull: mean(totals.placesFull),
    bytesFull: mean(totals.bytesFull),
    placeWaitMs: placeWaits > 0 ? totals.placeWaitMs / placeWaits : forecastMs,
    runMs: ratio(totals.runMs, runs),
    queueMs: ratio(totals.queueMs, runs),
    culprit: culpritOf(functionMs, functions),
    streams: {
      source: ofStreams(totals.source),
      place: ofStreams(totals.place),
      tasks: ofStreams(totals.tasks),
      reader: ofStreams(totals.reader),
    },
    origins: { callers: Math.max(0, 1 - streams - tasks), streams, tasks },
  };
}

function culpritOf(functionMs: Float64Array, functions: readonly KnownFunction[]): Scene['culprit'] {
  const sum = functionMs.reduce((total, ms) => total + ms, 0);
  const most = Math.max(...functionMs);
  const known = functions[functionMs.indexOf(most)];
  return known === undefined || sum === 0 ? undefined : { name: known.name, share: most / sum };
}

const ratio = (part: number, whole: number): number => (whole > 0 ? part / whole : 0);
