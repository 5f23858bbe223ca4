import type { Figures } from './figures.ts';
import { milliseconds, percent, seconds } from './format.ts';
import type { Knee } from './knee.ts';

/** Shares of the machine's CPU time that other processes took, 0 to 1. */
export interface OtherLoad {
  readonly before: number;
  /** One share for each complete second of the measuring; empty if it took less than a second. */
  readonly during: readonly number[];
}

/** Share of all CPU time above which other processes disturb the measurements. */
const disturbing = 0.1;

/** Noise, as a part of the throughput, above which settings that differ by 5 % can't be told apart. */
const tooNoisy = 0.1;

export interface Circumstances {
  readonly load: OtherLoad;
  /** Number of measurements of each setting, and the seconds that each was to take. */
  readonly rounds: number;
  readonly seconds: number;
}

/** Reasons to doubt the figures; empty if there are none. */
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

/** True if the median latency exceeds a tenth of a measurement, which then has few results for each outstanding task. */
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
