import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { closedLoop, interleaved, median, seconds } from '../measure.ts';
import { row } from '../scenario.ts';
import type { Row, Scenario } from '../scenario.ts';

const cli = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url));

/** Hashing trees of small and of large files: whole commands beside coreutils, and pools inside one process. */
export const hashTree: Scenario = async ({ contenders, threads, rounds, full }) => {
  const small = tree('small', full ? 100_000 : 20_000, (index) => 1024 + (index % 7) * 1024);
  const large = tree('large', full ? 8 : 4, () => (full ? 256 : 64) * 2 ** 20);
  const commands: [string, string, string][] = [
    ['small', 'millrace', `${process.execPath} ${cli} hash ${small}`],
    ['small', 'xargs sha256sum', `find ${small} -type f -print0 | xargs -0 -P${threads} -n 500 sha256sum`],
    ['large', 'millrace', `${process.execPath} ${cli} hash ${large}`],
    [
      'large',
      'xargs openssl',
      `find ${large} -type f -print0 | xargs -0 -P${threads} -n 1 openssl dgst -sha256`,
    ],
  ];
  const figures = await interleaved(commands, rounds, ([, , command]) =>
    seconds(() => Promise.resolve(execFileSync('bash', ['-c', `${command} > /dev/null`]))),
  );
  const rows: Row[] = [];
  for (const kind of ['small', 'large']) {
    const of = [...figures].filter(([[which]]) => which === kind);
    const label =
      kind === 'small'
        ? `${full ? '100,000' : '20,000'} small files, whole command`
        : 'large files, whole command';
    rows.push(
      row(
        label,
        's',
        false,
        of.map(([[, name], times]) => [name, median(times)]),
      ),
    );
  }
  const files = readdirSync(small).flatMap((d) => readdirSync(join(small, d)).map((f) => join(small, d, f)));
  const pools = contenders.filter(
    ({ name }) => name === 'millrace' || name === 'piscina' || name === 'postMessage',
  );
  const inside = await interleaved(pools, Math.ceil(rounds / 2), ({ call }) =>
    seconds(() => closedLoop(512, files.length, (index) => call('hashFile', files[index]))),
  );
  rows.push(
    row(
      'small files, a task each',
      's',
      false,
      [...inside].map(([{ name }, times]) => [name, median(times)]),
    ),
  );
  return rows;
};

/** Made once, and kept for the next run. 500 files to a directory. */
function tree(kind: string, count: number, sizeOf: (index: number) => number): string {
  const root = join(tmpdir(), `millrace-bench-${kind}-${count}`);
  if (existsSync(join(root, 'complete'))) return join(root, 'files');
  for (let index = 0; index < count; index++) {
    const folder = join(root, 'files', String(Math.floor(index / 500)));
    if (index % 500 === 0) mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, `${index}.bin`), randomBytes(sizeOf(index)));
  }
  writeFileSync(join(root, 'complete'), '');
  return join(root, 'files');
}
