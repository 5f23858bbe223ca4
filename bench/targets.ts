import type { Row } from './scenario.ts';

/** What the project wants to reach, as ratios of one run. For information: machines differ. */
export interface Target {
  readonly scenario: string;
  readonly text: string;
  /** Undefined if the run had not all that it takes. */
  readonly ratio: number | undefined;
  readonly wanted: number;
  readonly atMost: boolean;
}

export function targets(rows: readonly Row[], threads: number): Target[] {
  const of = (scenario: string) => rows.find((row) => row.scenario === scenario)?.figures;
  const mine = (scenario: string) => of(scenario)?.['millrace'];
  const against = (scenario: string, other: string): number | undefined =>
    divide(mine(scenario), of(scenario)?.[other]);
  const bestPeer = (scenario: string): number | undefined => {
    const peers = Object.entries(of(scenario) ?? {}).filter(([name]) => name !== 'millrace');
    return peers.length === 0
      ? undefined
      : divide(mine(scenario), Math.max(...peers.map(([, figure]) => figure)));
  };
  const bestPool = (scenario: string): number | undefined => {
    const pools = Object.entries(of(scenario) ?? {}).filter(
      ([name]) => name !== 'millrace' && name !== 'postMessage',
    );
    return pools.length === 0
      ? undefined
      : divide(mine(scenario), Math.max(...pools.map(([, figure]) => figure)));
  };
  const ideal = (us: number) => divide(mine(`${us} µs tasks`), (threads * 1_000_000) / us);
  const least = (scenario: string): number | undefined => {
    const peers = Object.entries(of(scenario) ?? {}).filter(([name]) => name !== 'millrace');
    return peers.length === 0
      ? undefined
      : divide(mine(scenario), Math.min(...peers.map(([, figure]) => figure)));
  };
  const target = (
    scenario: string,
    text: string,
    ratio: number | undefined,
    wanted: number,
    atMost = false,
  ) => ({
    scenario,
    text,
    ratio,
    wanted,
    atMost,
  });
  const small = rows.find(({ scenario }) => scenario.endsWith('small files, whole command'))?.scenario ?? '';
  return [
    target('empty tasks', '× piscina', against('empty tasks', 'piscina'), 25),
    target('empty tasks', '× the best pool', bestPool('empty tasks'), 8),
    target('empty tasks', '× the postMessage loop', against('empty tasks', 'postMessage'), 2),
    target('10 µs tasks', '× piscina', against('10 µs tasks', 'piscina'), 4),
    target('10 µs tasks', 'of the ideal', ideal(10), 0.75),
    target('50 µs tasks', 'of the ideal', ideal(50), 0.9),
    target('100 µs tasks', 'of the ideal', ideal(100), 0.93),
    ...[500, 1000, 5000].map((us) =>
      target(`${us} µs tasks`, '× the best peer', bestPeer(`${us} µs tasks`), 0.99),
    ),
    ...['one function', 'two functions'].flatMap((how) => [
      target(`mixed, ${how}`, 'total, × the best peer', least(`mixed, ${how}: total`), 1, true),
      target(
        `mixed, ${how}`,
        'p99 of the short, × piscina',
        against(`mixed, ${how}: p99 of the short`, 'piscina'),
        0.5,
        true,
      ),
    ]),
    target(
      'one call at a time',
      'p50, × the postMessage loop',
      against('one call at a time, p50', 'postMessage'),
      1.3,
      true,
    ),
    target('10 million from a generator', 'tasks/s', mine('10 million from a generator'), 400_000),
    target(
      '10 million from a generator',
      'MiB growth',
      mine('10 million from a generator: memory growth'),
      64,
      true,
    ),
    target(
      '1 MiB copied',
      '× the postMessage loop',
      against('1 MiB copied there and back', 'postMessage'),
      0.95,
    ),
    target(
      '1 MiB moved',
      '× the postMessage loop',
      against('1 MiB moved there and back', 'postMessage'),
      0.95,
    ),
    target(
      'small files, a task each',
      '× piscina’s time',
      against('small files, a task each', 'piscina'),
      1 / 3,
      true,
    ),
    target(small, '× the time of xargs sha256sum', against(small, 'xargs sha256sum'), 1, true),
    target(
      'large files',
      '× the time of openssl dgst',
      against('large files, whole command', 'xargs openssl'),
      1 / 0.95,
      true,
    ),
    target(
      'photographs',
      '× sharp directly',
      against('photographs to 800 px WebP', 'sharp directly, best'),
      0.97,
    ),
  ];
}

function divide(a: number | undefined, b: number | undefined): number | undefined {
  return a === undefined || b === undefined ? undefined : a / b;
}

export function reached({ ratio, wanted, atMost }: Target): boolean {
  return ratio !== undefined && (atMost ? ratio <= wanted : ratio >= wanted);
}
