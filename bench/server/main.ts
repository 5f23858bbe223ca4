import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { parseArgs } from 'node:util';
import { describeMachine } from '../harness/machine.ts';
import { contenderNames, scenarios } from './scenarios.ts';
import type { Figure } from './scenarios.ts';
import type { ContenderName } from './contender.ts';

const usage = `node bench/server/run.mjs [SCENARIO…] [--only NAME]… [--seconds 8] [--workers N] [--load N]…
  scenarios: ${Object.keys(scenarios).join(' ')}
  contenders: ${contenderNames.join(' ')}
  The figures go to the terminal and are added to bench/results/server.json.`;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    only: { type: 'string', multiple: true },
    seconds: { type: 'string', default: '8' },
    workers: { type: 'string', default: String(availableParallelism()) },
    load: { type: 'string', multiple: true, default: ['0.5', '0.75', '1', '1.5', '2', '3', '4'] },
    help: { type: 'boolean', default: false },
  },
});
const chosen = positionals.length === 0 ? Object.keys(scenarios) : positionals;
// CoDel is an experiment, to be asked for.
const usual = contenderNames.filter((name) => name !== 'codel');
const names = (values.only ?? usual) as readonly ContenderName[];
const known =
  chosen.every((name) => Object.hasOwn(scenarios, name)) &&
  names.every((name) => contenderNames.includes(name));
if (values.help || !known) {
  console.error(usage);
  process.exit(values.help ? 0 : 2);
}

const setting = {
  workers: Number(values.workers),
  seconds: Number(values.seconds),
  names,
  loads: values.load.map(Number),
};
const results = new URL('../results/', import.meta.url);
mkdirSync(results, { recursive: true });
const file = new URL('server.json', results);
for (const name of chosen) {
  const figures = (await scenarios[name]?.(setting)) ?? [];
  print(figures);
  save(figures);
}

function print(all: readonly Figure[]): void {
  console.log(`\n${all[0]?.scenario}`);
  const labels = Object.keys(all[0]?.figures ?? {});
  console.log(' '.repeat(36) + all.map(({ contender }) => contender.padStart(16)).join(''));
  for (const label of labels) {
    const row = all.map(({ figures }) => show(figures[label]).padStart(16));
    console.log(`  ${label.padEnd(34)}${row.join('')}`);
  }
}

function show(figure: number | undefined): string {
  if (figure === undefined || Number.isNaN(figure)) return '-';
  return figure >= 100 ? String(Math.round(figure)) : figure.toFixed(1);
}

/** Adds to what earlier runs have measured: other scenarios, other contenders, other loads. */
function save(figures: readonly Figure[]): void {
  let earlier: readonly Figure[] = [];
  try {
    earlier = (JSON.parse(readFileSync(file, 'utf8')) as { figures: Figure[] }).figures;
  } catch {
    // The first run.
  }
  const merged = figures.map((own) => ({
    ...own,
    figures: { ...earlier.find((old) => isSame(old, own))?.figures, ...own.figures },
  }));
  const kept = earlier.filter((old) => !figures.some((own) => isSame(old, own)));
  const result = {
    date: new Date().toISOString(),
    machine: describeMachine(),
    setting,
    figures: [...kept, ...merged],
  };
  writeFileSync(file, `${JSON.stringify(result, null, 2)}\n`);
}

function isSame(a: Figure, b: Figure): boolean {
  return a.scenario === b.scenario && a.contender === b.contender;
}
