import { fork } from 'node:child_process';
import { once } from 'node:events';
import { availableParallelism } from 'node:os';
import { parseArgs } from 'node:util';
import { interleaved, median } from '../measure.ts';
import type { Passes, Way } from './child.ts';
import { works } from './works.ts';

const usage = `npm run bench -- real [PACKAGE…] [--rounds 3] [--passes 4] [--threads N]
  packages: ${Object.keys(works).join(' ')}
  Real work: each package over the files of lodash-es, one after the other, by piscina, by executor.map, and by bare threads
  which each do their part of the files in a loop: the limit. A new process for each figure. Cold is the first pass over the
  files, with the start of the threads and the import of the package; warm the median of the passes after it. Times as
  multiples of the speed of one after the other; the outputs must be equal.`;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    rounds: { type: 'string', default: '3' },
    passes: { type: 'string', default: '4' },
    threads: { type: 'string', default: String(availableParallelism()) },
    help: { type: 'boolean', default: false },
  },
});
const chosen = positionals.length === 0 ? Object.keys(works) : positionals;
if (values.help || chosen.some((name) => !Object.hasOwn(works, name))) {
  console.error(usage);
  process.exit(values.help ? 0 : 2);
}

const ways: readonly Way[] = ['sequential', 'piscina', 'executor.map', 'bare threads'];
const rows: Record<string, string>[] = [];
for (const name of chosen) {
  const digests = new Set<string>();
  const figures = await interleaved(ways, Number(values.rounds), async (way) => {
    const child = fork(new URL('./child.js', import.meta.url), [name, way, values.threads, values.passes]);
    const [passes] = (await once(child, 'message')) as [Passes];
    if (child.exitCode === null) await once(child, 'exit');
    digests.add(passes.digest);
    return passes;
  });
  if (digests.size !== 1) throw new Error(`${name}: ${digests.size} different outputs`);
  const of = (way: Way) => {
    const passes = figures.get(way) ?? [];
    return {
      cold: median(passes.map(({ coldMs }) => coldMs)),
      warm: median(passes.map(({ warmMs }) => median(warmMs))),
    };
  };
  const base = of('sequential');
  for (const way of ways) {
    const { cold, warm } = of(way);
    rows.push({
      package: name,
      way,
      'cold, ms': cold.toFixed(0),
      'cold, × sequential': (base.cold / cold).toFixed(2),
      'warm, ms': warm.toFixed(0),
      'warm, × sequential': (base.warm / warm).toFixed(2),
    });
  }
}
console.table(rows);
