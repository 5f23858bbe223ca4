import { figuresOf } from './figures.ts';
import type { Measurement, Point } from './figures.ts';
import { isFlat, outstandingSteps } from './plan.ts';

/** An executor with a fixed number of workers, warmed up by as much as one measurement. */
export interface Rig {
  measure(outstanding: number): Promise<Measurement>;
  close(): Promise<void>;
}

/** Points that a level has whatever they take: one, one for each worker, and up to four times as many. */
const fewestPoints = 4;

/** The points with one number of workers, in the order of outstanding tasks. */
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

  /** The highest throughput. */
  get best(): number {
    return Math.max(...this.#rates);
  }

  /** How many points it will have at the most. */
  get mostPoints(): number {
    return this.#isDone ? this.points.length : this.#steps.length;
  }

  /** Measures each point until it has one measurement more than there were rounds before, and further points as needed. */
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

  /** Is the curve flat, or complete, or do results take so long by now that twice as many would double the measurements? */
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

/** Every other round backwards. */
export const inOrder = <T>(items: readonly T[], round: number): T[] =>
  round % 2 === 1 ? items.toReversed() : [...items];
