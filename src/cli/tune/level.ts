import { figuresOf } from './figures.ts';
import type { Measurement, Point } from './figures.ts';
import { isFlat, outstandingSteps } from './plan.ts';

/** An executor with a fixed number of workers, warmed up by one measurement. */
export interface Rig {
  measure(outstanding: number): Promise<Measurement>;
  close(): Promise<void>;
}

/** Points to measure before slow results may end a level: mostly 1, and 1, 2 and 4 tasks for each worker. */
const fewestPoints = 4;

/** The points with one number of workers, sorted by outstanding tasks. */
export class Level {
  readonly workers: number;
  readonly points: Point[] = [];
  readonly #steps: readonly number[];
  readonly #measurementMs: number;

  constructor(workers: number, measurementMs: number) {
    this.workers = workers;
    this.#steps = outstandingSteps(workers);
    this.#measurementMs = measurementMs;
  }

  /** The highest throughput of its points, in tasks per second. */
  get best(): number {
    return Math.max(...this.#rates);
  }

  /** The most points that it will have. */
  get mostPoints(): number {
    return this.#isDone ? this.points.length : this.#steps.length;
  }

  /** Brings each point to `round + 1` measurements, then adds points until the level is done. Rounds count from 0. */
  async measure(rig: Rig, round: number): Promise<void> {
    const measurePoint = async ({ outstanding, rounds }: Point): Promise<void> => {
      while (rounds.length <= round) rounds.push(await rig.measure(outstanding));
    };
    for (const point of inOrder(this.points, round)) await measurePoint(point);
    while (!this.#isDone) {
      const outstanding = this.#steps[this.points.length] as number;
      const point: Point = { workers: this.workers, outstanding, rounds: [] };
      this.points.push(point);
      await measurePoint(point);
    }
  }

  /**
   * True if the curve is flat or complete, or if half of the last point's results take longer than a measurement should:
   * twice the outstanding tasks would then double the time of each measurement.
   */
  get #isDone(): boolean {
    const { points } = this;
    const last = points.at(-1);
    if (last === undefined) return false;
    const isSlow = points.length >= fewestPoints && figuresOf(last).p50Ms > this.#measurementMs;
    return points.length === this.#steps.length || isSlow || isFlat(this.#rates);
  }

  get #rates(): number[] {
    return this.points.map((point) => figuresOf(point).perSecond);
  }
}

/** The items, in reverse order in every other round. */
export const inOrder = <T>(items: readonly T[], round: number): T[] =>
  round % 2 === 1 ? items.toReversed() : [...items];
