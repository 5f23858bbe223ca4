import { reached } from './targets.ts';
import type { Target } from './targets.ts';
import type { Row } from './scenario.ts';

/** NaN: a contender that did not get through. */
const number = (value: number): string =>
  Number.isNaN(value)
    ? 'no end'
    : value >= 100
      ? Math.round(value).toLocaleString('en')
      : value.toPrecision(3);

/** A scenario's figures, the best one marked, and what Millrace's is of each other's. */
export function printRow({ scenario, unit, higherIsBetter, figures }: Row): void {
  const entries = Object.entries(figures);
  const best = (higherIsBetter ? Math.max : Math.min)(
    ...entries.map(([, figure]) => figure).filter((figure) => !Number.isNaN(figure)),
  );
  const mine = figures['millrace'];
  console.log(`\n${scenario} (${unit}, ${higherIsBetter ? 'more' : 'less'} is better)`);
  for (const [name, figure] of entries) {
    const ratio =
      mine === undefined || name === 'millrace' || Number.isNaN(figure)
        ? ''
        : `millrace is ${(mine / figure).toFixed(2)} ×`;
    console.log(`  ${name.padEnd(36)}${number(figure).padStart(12)} ${figure === best ? '*' : ' '} ${ratio}`);
  }
}

export function printTargets(all: readonly Target[]): void {
  console.log('\nTargets');
  for (const target of all) {
    const { scenario, text, ratio, wanted, atMost } = target;
    if (ratio === undefined) continue;
    const measured = ratio >= 1000 ? number(ratio) : ratio.toFixed(2);
    const bound = `${atMost ? '≤' : '≥'} ${wanted >= 1000 ? number(wanted) : wanted.toFixed(2)}`;
    const verdict = reached(target) ? 'reached' : 'missed';
    console.log(
      `  ${verdict.padEnd(8)}${scenario.padEnd(38)}${text.padEnd(32)}${measured.padStart(10)}  ${bound}`,
    );
  }
}
