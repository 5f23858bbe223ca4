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
  const figuresOf = (scenario: string) => rows.find((row) => row.scenario === scenario)?.figures ?? {};
  const mine = (scenario: string) => figuresOf(scenario)['millrace'];
  /** Millrace's figure as a multiple of another's. */
  const against = (scenario: string, other: string) => divide(mine(scenario), figuresOf(scenario)[other]);
  /** The same, of the best other one's. */
  const againstBest = (scenario: string, best: (...figures: number[]) => number, besides: string[] = []) => {
    const others = Object.entries(figuresOf(scenario)).filter(
      ([name]) => !['millrace', 'bare threads', ...besides].includes(name),
    );
    return others.length === 0
      ? undefined
      : divide(mine(scenario), best(...others.map(([, figure]) => figure)));
  };
  const ideal = (us: number) => divide(mine(`${us} µs tasks`), (threads * 1_000_000) / us);
  const small = rows.find(({ scenario }) => scenario.endsWith('small files, whole command'))?.scenario ?? '';
  const large = 'large files, whole command';
  const oneCall = 'one call at a time, p50';
  const longest = rows.findLast(({ scenario }) => scenario.endsWith(' from a generator'))?.scenario ?? '';
  return [
    atLeast(25, 'empty tasks', '× piscina', against('empty tasks', 'piscina')),
    atLeast(8, 'empty tasks', '× the best pool', againstBest('empty tasks', Math.max, ['postMessage'])),
    atLeast(2, 'empty tasks', '× the postMessage loop', against('empty tasks', 'postMessage')),
    atLeast(4, '10 µs tasks', '× piscina', against('10 µs tasks', 'piscina')),
    atLeast(0.75, '10 µs tasks', 'of the ideal', ideal(10)),
    atLeast(0.9, '50 µs tasks', 'of the ideal', ideal(50)),
    atLeast(0.93, '100 µs tasks', 'of the ideal', ideal(100)),
    ...[500, 1000, 5000].map((us) =>
      atLeast(0.99, `${us} µs tasks`, '× the best peer', againstBest(`${us} µs tasks`, Math.max)),
    ),
    ...['mixed, one function', 'mixed, two functions'].flatMap((mix) => [
      atMost(1, mix, 'total, × the best peer', againstBest(`${mix}: total`, Math.min)),
      atMost(0.5, mix, 'p99 of the short, × piscina', against(`${mix}: p99 of the short`, 'piscina')),
    ]),
    atMost(1.3, oneCall, '× the postMessage loop', against(oneCall, 'postMessage')),
    atLeast(400_000, longest, 'tasks/s', mine(longest)),
    atMost(64, longest, 'MiB growth', mine(`${longest}: memory growth`)),
    ...['copied', 'moved'].map((how) =>
      atLeast(
        0.95,
        `1 MiB ${how}`,
        '× the postMessage loop',
        against(`1 MiB ${how} there and back`, 'postMessage'),
      ),
    ),
    atMost(
      1 / 3,
      'small files, a task each',
      '× piscina’s time',
      against('small files, a task each', 'piscina'),
    ),
    atMost(1, small, '× the time of xargs sha256sum', against(small, 'xargs sha256sum')),
    atMost(1 / 0.95, large, '× the time of openssl dgst', against(large, 'xargs openssl')),
    atLeast(0.97, 'photographs', '× sharp directly', againstBest('photographs to 800 px WebP', Math.max)),
  ];
}

type Bound = (wanted: number, scenario: string, text: string, ratio: number | undefined) => Target;

const atLeast: Bound = (wanted, scenario, text, ratio) => ({ scenario, text, ratio, wanted, atMost: false });
const atMost: Bound = (wanted, scenario, text, ratio) => ({ scenario, text, ratio, wanted, atMost: true });

function divide(a: number | undefined, b: number | undefined): number | undefined {
  return a === undefined || b === undefined ? undefined : a / b;
}

export function reached({ ratio, wanted, atMost: most }: Target): boolean {
  return ratio !== undefined && (most ? ratio <= wanted : ratio >= wanted);
}
