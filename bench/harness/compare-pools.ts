import { mkdirSync, writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { parseArgs } from 'node:util';
import { starters } from '../pools/index.ts';
import { describeMachine } from './machine.ts';
import { runWithOwnArenas } from './own-arenas.ts';
import { printRow, printTargets } from './report.ts';
import type { Row, Scenario } from './scenario.ts';
import { beforeWork, calls, workers } from '../scenarios/apart.ts';
import { boot } from '../scenarios/boot.ts';
import { buffers } from '../scenarios/buffers.ts';
import { fixedWork } from '../scenarios/fixed-work.ts';
import { generator } from '../scenarios/generator.ts';
import { hashTree } from '../scenarios/hash-tree.ts';
import { latency } from '../scenarios/latency.ts';
import { mixed } from '../scenarios/mixed.ts';
import { photographs } from '../scenarios/photographs.ts';
import { throughput } from '../scenarios/throughput.ts';
import { Steadiness } from './steadiness.ts';
import { targets } from './targets.ts';

const scenarios: Record<string, Scenario> = {
  throughput,
  'fixed-work': fixedWork,
  latency,
  mixed,
  buffers,
  generator,
  hash: hashTree,
  photographs,
  boot,
  calls,
  'before-work': beforeWork,
  workers,
};

const usage = `npm run bench -- cpu --help
npm run bench -- growth --help
npm run bench -- real --help
npm run bench -- [SCENARIO…] [--only NAME]… [--rounds 5] [--threads N] [--quick] [--full] [--json FILE]
  scenarios: ${Object.keys(scenarios).join(' ')}
  contenders: ${Object.keys(starters).join(' ')}
  --quick: two short rounds, to see that all works; --full: ten million tasks, 100,000 files, files of 256 MiB
  The figures go to the terminal and to FILE, by default bench/results/latest.json.`;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    only: { type: 'string', multiple: true },
    rounds: { type: 'string' },
    quick: { type: 'boolean', default: false },
    threads: { type: 'string', default: String(availableParallelism()) },
    full: { type: 'boolean', default: false },
    json: { type: 'string' },
    help: { type: 'boolean', default: false },
  },
});
const chosen = positionals.length === 0 ? Object.keys(scenarios) : positionals;
if (values.help || chosen.some((name) => !Object.hasOwn(scenarios, name))) {
  console.error(usage);
  process.exit(values.help ? 0 : 2);
}

const exitCode = runWithOwnArenas();
if (exitCode !== undefined) process.exit(exitCode);

const threads = Number(values.threads);
const { quick, full } = values;
const rounds = Number(values.rounds ?? (quick ? 2 : 5));
// Long enough that threads which have just woken up, and are not yet where the system wants them, count for little.
const turnMs = quick ? 100 : 500;
const machine = describeMachine();
const names = values.only ?? Object.keys(starters);
const contenders = await Promise.all(names.map((name) => (starters[name] ?? unknown(name))(threads)));
const rows: Row[] = [];
const steadiness = new Steadiness();
steadiness.probe();
for (const name of chosen) {
  const begun = performance.now();
  for (const row of (await scenarios[name]?.({ contenders, threads, rounds, turnMs, full })) ?? []) {
    rows.push(row);
    printRow(row);
  }
  console.log(`\n— ${name}: ${((performance.now() - begun) / 1000).toFixed(0)} s`);
  steadiness.probe();
}
const wanted = targets(rows, threads);
printTargets(wanted);
console.log(`\n${steadiness.report()}`);
const results = new URL('../../results/', import.meta.url);
mkdirSync(results, { recursive: true });
const date = new Date().toISOString();
const setting = { threads, rounds, turnMs, full };
writeFileSync(
  values.json ?? new URL('latest.json', results),
  `${JSON.stringify({ date, machine, steadiness, setting, rows, targets: wanted }, null, 2)}\n`,
);
await Promise.all(contenders.map((contender) => contender.close()));

function unknown(name: string): never {
  console.error(`no contender '${name}'\n${usage}`);
  process.exit(2);
}
