import { readFileSync } from 'node:fs';
import type { Row } from './scenario.ts';

/** Prints a result file as the table of docs/speed.md: `node bench/build/harness/table.js RESULT.json`. */
const [, , from] = process.argv;
if (from === undefined) throw new Error('usage: node bench/build/harness/table.js RESULT.json');
const { rows } = JSON.parse(readFileSync(from, 'utf8')) as { rows: Row[] };

const names = [...new Set(rows.flatMap(({ figures }) => Object.keys(figures)))];
console.log(`| | ${names.join(' | ')} |`);
console.log(`|---|${names.map(() => '--:').join('|')}|`);
for (const { scenario, unit, figures } of rows) {
  console.log(`| ${scenario}, ${unit} | ${names.map((name) => short(figures[name])).join(' | ')} |`);
}

/** Three digits are more than such figures are good for, but two would hide what differs. */
function short(figure: number | undefined): string {
  if (figure === undefined) return '';
  return Number(figure.toPrecision(3)).toLocaleString('en');
}
