/** Long enough to be calm, short enough to follow when large files come after small ones. Milliseconds. */
const windowMs = 10_000;

/** How fast something has grown within the last ten seconds. */
export class Rate {
  readonly #samples: { readonly atMs: number; readonly count: number }[] = [];

  /** @returns growth per second, undefined at first. */
  sample(atMs: number, count: number): number | undefined {
    this.#samples.push({ atMs, count });
    while ((this.#samples[1]?.atMs ?? Infinity) <= atMs - windowMs) this.#samples.shift();
    const [oldest] = this.#samples;
    if (oldest === undefined || oldest.atMs === atMs) return undefined;
    return ((count - oldest.count) / (atMs - oldest.atMs)) * 1000;
  }
}
