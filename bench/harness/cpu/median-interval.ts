export interface MedianInterval {
  readonly median: number;
  readonly low: number;
  readonly high: number;
}

/**
 * The median and its confidence interval of at least `confidence`: two order statistics, whatever the distribution is. The
 * population's median lies below the k-th smallest of n values only if fewer than k of them lie below it, which has the
 * probability of fewer than k heads in n tosses of a coin (J.-Y. Le Boudec, Performance Evaluation of Computer and
 * Communication Systems, 2010, theorem 2.1).
 *
 * @throws RangeError if there are too few values for it: six are enough for 95 %.
 */
export function medianInterval(values: readonly number[], confidence = 0.95): MedianInterval {
  const sorted = values.toSorted((a, b) => a - b);
  const n = sorted.length;
  let outside = 0;
  let [rank, ways] = [0, 1];
  // `rank` values are left out at each end; `ways` is how many tosses in 2 ** n have so many heads.
  for (; rank < n / 2; rank++) {
    outside += (2 * ways) / 2 ** n;
    if (outside > 1 - confidence) break;
    ways = (ways * (n - rank)) / (rank + 1);
  }
  const [low, high] = [sorted[rank - 1], sorted[n - rank]];
  if (low === undefined || high === undefined)
    throw new RangeError(`${n} values are too few for an interval of ${confidence * 100} %`);
  const middle = (n - 1) / 2;
  const [below = NaN, above = NaN] = [sorted[Math.floor(middle)], sorted[Math.ceil(middle)]];
  return { median: (below + above) / 2, low, high };
}
