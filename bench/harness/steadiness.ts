/** What the same computation took at several times of a run, milliseconds. */
export class Steadiness {
  readonly tookMs: number[] = [];

  constructor() {
    // Until it is compiled it takes longer, whatever the machine does.
    for (let run = 0; run < 3; run++) compute();
  }

  /** On a machine whose cores belong to others as well, now and then it takes half as long again. */
  probe(): void {
    const start = performance.now();
    compute();
    this.tookMs.push(Math.round(performance.now() - start));
  }

  report(): string {
    const [least, most] = [Math.min(...this.tookMs), Math.max(...this.tookMs)];
    return `The same computation took ${least} to ${most} ms during this run: so steady is the machine.`;
  }
}

/** Some hundred milliseconds of what the main thread does all day: small objects, and a table. */
function compute(): number {
  const table = new Map<number, { readonly value: number }>();
  let sum = 0;
  for (let step = 0; step < 5_000_000; step++) {
    table.set(step & 1023, { value: step });
    sum += table.get((step * 7) & 1023)?.value ?? 0;
  }
  return sum;
}
