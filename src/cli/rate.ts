/** In milliseconds: long enough for a steady figure, short enough to follow a change from small to large files. */
const windowMs = 10_000;

/** The growth rate of a counter over the last ten seconds. */
export class Rate {
  readonly #samples: { readonly atMs: number; readonly count: number }[] = [];

  /** @returns growth per second; undefined for the first sample. */
  sample(atMs: number, count: number): number | undefined {
    this.#samples.push({ atMs, count });
    while ((this.#samples[1]?.atMs ?? Infinity) <= atMs - windowMs) this.#samples.shift();
    const [oldest] = this.#samples;
    if (oldest === undefined || oldest.atMs === atMs) return undefined;
    return ((count - oldest.count) / (atMs - oldest.atMs)) * 1000;
  }
}
