import { writeFileSync } from 'node:fs';
import { availableParallelism, cpus } from 'node:os';
import { parseArgs } from 'node:util';
import { starters } from './contenders/index.ts';
import { printRow, printTargets } from './report.ts';
import type { Row, Scenario } from './scenario.ts';
import { boot } from './scenarios/boot.ts';
import { buffers } from './scenarios/buffers.ts';
import { generator } from './scenarios/generator.ts';
import { hashTree } from './scenarios/hash-tree.ts';
import { latency } from './scenarios/latency.ts';
import { mixed } from './scenarios/mixed.ts';
import { photographs } from './scenarios/photographs.ts';
import { throughput } from './scenarios/throughput.ts';
import { targets } from './targets.ts';

const scenarios: Record<string, Scenario> = {
  throughput,
  latency,
  mixed,
  buffers,
  generator,
  hash: hashTree,
  photographs,
  boot,
};

const usage = `tsx bench/main.ts [SCENARIO…] [--only NAME…] [--rounds 5] [--threads N] [--full] [--json FILE]
  scenarios: ${Object.keys(scenarios).join(' ')}
  contenders: ${Object.keys(starters).join(' ')}`;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    only: { type: 'string', multiple: true },
    rounds: { type: 'string', default: '5' },
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

const threads = Number(values.threads);
const names = values.only ?? Object.keys(starters);
const contenders = await Promise.all(names.map((name) => (starters[name] ?? unknown(name))(threads)));
const setting = { contenders, threads, rounds: Number(values.rounds), full: values.full };
const rows: Row[] = [];
for (const name of chosen) {
  for (const row of (await scenarios[name]?.(setting)) ?? []) {
    rows.push(row);
    printRow(row);
  }
}
const wanted = targets(rows, threads);
printTargets(wanted);
if (values.json !== undefined) {
  const machine = { node: process.version, cpu: cpus()[0]?.model, threads, rounds: setting.rounds };
  writeFileSync(
    values.json,
    `${JSON.stringify({ date: new Date().toISOString(), machine, rows, targets: wanted }, null, 2)}\n`,
  );
}
await Promise.all(contenders.map((contender) => contender.close()));

function unknown(name: string): never {
  console.error(`no contender '${name}'\n${usage}`);
  process.exit(2);
}
