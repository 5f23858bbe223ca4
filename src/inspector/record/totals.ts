import { mostFunctions } from './functions.ts';

/** Sums over some time, which can be added up: of a frame, of three seconds, of a whole run. Times are milliseconds. */
export interface Totals {
  spanMs: number;
  samples: number;
  /** Over the samples. */
  waiting: number;
  queued: number;
  sent: number;
  running: number;
  suspended: number;
  unread: number;
  /** Workers that had a task. */
  occupied: number;
  workers: number;
  placesFull: number;
  bytesFull: number;
  streamSamples: number;
  source: number;
  place: number;
  tasks: number;
  reader: number;
  submitted: number;
  fulfilled: number;
  rejected: number;
  cancelled: number;
  refused: number;
  gateRefused: number;
  deaths: number;
  fromStreams: number;
  fromTasks: number;
  /** Active time of the threads' event loops. */
  activeMs: number;
  loopMs: number;
  runs: number;
  runMs: number;
  queueMs: number;
  placeWaits: number;
  placeWaitMs: number;
  mainActiveMs: number;
  mainMs: number;
  /** Processor time of the process, and the part that the main thread did not use. */
  cpuMs: number;
  threadCpuMs: number;
  /** Largest delay of the main thread. */
  lateMs: number;
}

const zero: Totals = {
  spanMs: 0,
  samples: 0,
  waiting: 0,
  queued: 0,
  sent: 0,
  running: 0,
  suspended: 0,
  unread: 0,
  occupied: 0,
  workers: 0,
  placesFull: 0,
  bytesFull: 0,
  streamSamples: 0,
  source: 0,
  place: 0,
  tasks: 0,
  reader: 0,
  submitted: 0,
  fulfilled: 0,
  rejected: 0,
  cancelled: 0,
  refused: 0,
  gateRefused: 0,
  deaths: 0,
  fromStreams: 0,
  fromTasks: 0,
  activeMs: 0,
  loopMs: 0,
  runs: 0,
  runMs: 0,
  queueMs: 0,
  placeWaits: 0,
  placeWaitMs: 0,
  mainActiveMs: 0,
  mainMs: 0,
  cpuMs: 0,
  threadCpuMs: 0,
  lateMs: 0,
};

const names = Object.keys(zero) as (keyof Totals)[];

const noTotals = (): Totals => ({ ...zero });

/** Sums of one executor, and the run times of its functions. */
export class Sums {
  readonly totals: Totals = noTotals();
  /** Run time in milliseconds by function; the last entry is for all functions without a row of their own. */
  readonly functionMs: Float64Array = new Float64Array(mostFunctions + 1);
  deadTask: string | undefined = undefined;

  add(other: Sums): void {
    for (const name of names) {
      if (name === 'lateMs') this.totals.lateMs = Math.max(this.totals.lateMs, other.totals.lateMs);
      else this.totals[name] += other.totals[name];
    }
    for (let slot = 0; slot <= mostFunctions; slot++)
      (this.functionMs[slot] as number) += other.functionMs[slot] as number;
    this.deadTask = other.deadTask ?? this.deadTask;
  }
}
