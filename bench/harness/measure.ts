export function median(values: readonly number[]): number {
  return percentile(values, 0.5);
}

export function percentile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? NaN;
}

/** `clients` loops, each waiting for its call before the next one; resolves when `calls` have been made. */
export async function closedLoop(
  clients: number,
  calls: number,
  call: (index: number) => Promise<unknown>,
): Promise<void> {
  let next = 0;
  const client = async (): Promise<void> => {
    while (next < calls) await call(next++);
  };
  await Promise.all(Array.from({ length: clients }, client));
}

/**
 * Calls per second of `clients` such loops. No new call begins after `forMs`; those that are outstanding then are waited
 * for and counted.
 */
export async function rate(clients: number, forMs: number, call: () => Promise<unknown>): Promise<number> {
  let calls = 0;
  const gate = { open: true };
  // A timer, because looking at the clock before each call would cost as much as a tenth of a call.
  setTimeout(() => (gate.open = false), forMs);
  const client = async (): Promise<void> => {
    do {
      calls++;
      await call();
    } while (gate.open);
  };
  const took = await seconds(() => Promise.all(Array.from({ length: clients }, client)));
  return calls / took;
}

export async function seconds(run: () => Promise<unknown>): Promise<number> {
  const start = performance.now();
  await run();
  return (performance.now() - start) / 1000;
}

/**
 * Runs every contender once per round, in turn, so that what else the machine does falls on all of them alike; each
 * round begins with another one, so that none always comes after the same neighbour. The first round warms up and is
 * not counted.
 *
 * @returns each contender's figures, one for each round.
 */
export async function interleaved<C, F>(
  contenders: readonly C[],
  rounds: number,
  run: (contender: C) => Promise<F>,
): Promise<Map<C, F[]>> {
  const figures = new Map<C, F[]>(contenders.map((contender) => [contender, []]));
  for (let round = 0; round <= rounds; round++) {
    for (let turn = 0; turn < contenders.length; turn++) {
      const contender = contenders[(turn + round) % contenders.length] as C;
      const figure = await run(contender);
      if (round > 0) figures.get(contender)?.push(figure);
    }
  }
  return figures;
}
