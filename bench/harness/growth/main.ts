import { parseArgs } from 'node:util';
import { median } from '../measure.ts';
import { lists } from './lists.ts';

const usage = `npm run bench -- growth [LIST…] [--n 8000] [--rounds 5]
  CPU time of the process for n and for 4 n of everything that a program can make long: callers, futures, signals, loops. About 4
  is what it should be; above 6 something grows faster than the list, and the exit code is 1.
  LIST: part of a name. --n: small lists tell nothing, most of their time is the compiler's.`;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    n: { type: 'string', default: '8000' },
    rounds: { type: 'string', default: '5' },
    help: { type: 'boolean', default: false },
  },
});
const [n, rounds] = [Number(values.n), Number(values.rounds)];
const chosen = Object.entries(lists).filter(
  ([name]) => positionals.length === 0 || positionals.some((part) => name.includes(part)),
);
if (values.help || chosen.length === 0 || !(n >= 1) || !(rounds >= 1)) {
  console.error(usage);
  process.exit(values.help ? 0 : 2);
}

const most = 6;

async function cpuMs(run: () => Promise<unknown>): Promise<number> {
  const before = process.cpuUsage();
  await run();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000;
}

console.log(`${''.padEnd(50)}${`n = ${n}`.padStart(12)}${'4 n'.padStart(12)}   ratio (CPU ms)`);
for (const [name, run] of chosen) {
  await run(n);
  const [few, many]: [number[], number[]] = [[], []];
  for (let round = 0; round < rounds; round++) {
    few.push(await cpuMs(() => run(n)));
    many.push(await cpuMs(() => run(4 * n)));
  }
  const [a, b] = [median(few), median(many)];
  const flag = b / a > most ? '  grows faster than the list' : '';
  if (flag !== '') process.exitCode = 1;
  console.log(
    `${name.padEnd(50)}${a.toFixed(1).padStart(12)}${b.toFixed(1).padStart(12)}${(b / a).toFixed(1).padStart(8)}${flag}`,
  );
}
