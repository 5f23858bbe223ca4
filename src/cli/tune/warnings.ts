import type { Figures } from './figures.ts';
import { milliseconds, percent, seconds } from './format.ts';
import type { Knee } from './knee.ts';

/** What other processes took of the machine's CPU time, 0 to 1. */
export interface OtherLoad {
  readonly before: number;
  /** Whole seconds of the measuring, in their order; none if it was over sooner. */
  readonly during: readonly number[];
}

/** Above this part of all CPU time, others disturb the measurements. */
const disturbing = 0.1;

/** Rounds that lie further apart, as a part of the throughput, can't tell settings apart that differ by 5 %. */
const tooNoisy = 0.1;

export interface Circumstances {
  readonly load: OtherLoad;
  /** How often each setting was measured, and how long each time. */
  readonly rounds: number;
  readonly seconds: number;
}

/** Why the figures may not tell the truth; nothing if they seem to. */
export function warningsOf({ knee, noise }: Knee, { load, seconds: length }: Circumstances): string[] {
  const meanwhile = meanOf(load.during);
  const warnings: string[] = [];
  if (Math.max(load.before, meanwhile ?? 0) > disturbing) {
    warnings.push(
      'The machine was busy with something else: this is what is left beside that. Repeat it when it is quiet.',
    );
  }
  if (noise === undefined) {
    warnings.push('With one round nobody knows how much the measurements vary: take --rounds 3 or more.');
  } else if (noise > tooNoisy) {
    warnings.push(
      `The rounds of a setting lie ${percent(noise)} apart: settings that are closer than that can't be told from each other. ` +
        'Repeat it on a quiet machine, or with more --seconds or --rounds.',
    );
  }
  if (isCoarse(knee, length)) {
    warnings.push(
      `A result takes ${milliseconds(knee.p50Ms)}, and a measurement only ${seconds(length)}: take more --seconds.`,
    );
  }
  return warnings;
}

/** Is a measurement so short that it counts only a handful of results for each task that is outstanding? */
const isCoarse = ({ p50Ms }: Figures, measuredSeconds: number): boolean => p50Ms > measuredSeconds * 100;

export function describeLoad({ before, during }: OtherLoad): string {
  const mean = meanOf(during);
  const meanwhile =
    mean === undefined
      ? '(too short to tell) meanwhile'
      : `${percent(mean)} meanwhile (at most ${percent(Math.max(...during))} in a second)`;
  return `Other processes took ${percent(before)} of the machine's CPU time before, and ${meanwhile}.`;
}

function meanOf(shares: readonly number[]): number | undefined {
  return shares.length === 0 ? undefined : shares.reduce((sum, share) => sum + share, 0) / shares.length;
}
