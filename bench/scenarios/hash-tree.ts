import { execFileSync } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Contender } from '../pools/contender.ts';
import { closedLoop, interleaved, median, seconds } from '../harness/measure.ts';
import { row } from '../harness/scenario.ts';
import type { Row, Scenario } from '../harness/scenario.ts';

const cli = fileURLToPath(new URL('../../../dist/cli.js', import.meta.url));
const millrace = (files: string) => `${process.execPath} ${cli} hash ${files}`;

/** Hashing trees of small and of large files: whole commands beside coreutils, and pools inside one process. */
export const hashTree: Scenario = async ({ contenders, threads, rounds, full }) => {
  const [smallFiles, largeFiles] = full ? [100_000, 8] : [20_000, 4];
  const small = tree('small', smallFiles, (index) => 1024 + (index % 8) * 1024);
  const large = tree('large', largeFiles, () => (full ? 256 : 64) * 2 ** 20);
  const xargs = (files: string, options: string) =>
    `find ${files} -type f -print0 | xargs -0 -P${threads} ${options}`;
  return [
    await commands(`${smallFiles.toLocaleString('en')} small files, whole command`, rounds, {
      millrace: millrace(small),
      'xargs sha256sum': xargs(small, '-n 500 sha256sum'),
    }),
    await commands('large files, whole command', rounds, {
      millrace: millrace(large),
      'xargs sha256sum': xargs(large, '-n 1 sha256sum'),
      'xargs openssl': xargs(large, `-n ${Math.ceil(largeFiles / threads)} openssl dgst -sha256`),
    }),
    await inProcess(filesIn(small), contenders, Math.ceil(rounds / 2)),
  ];
};

/** Times shell commands that print SHA-256 digests: the same ones, in any order. */
async function commands(label: string, rounds: number, each: Record<string, string>): Promise<Row> {
  const digests = new Set(Object.values(each).map(digestsOf));
  if (digests.size !== 1) throw new Error(`${label}: the commands print different digests`);
  const figures = await interleaved(Object.entries(each), rounds, ([, command]) =>
    seconds(() => Promise.resolve(execFileSync('bash', ['-c', `${command} > /dev/null`]))),
  );
  return row(
    label,
    's',
    false,
    [...figures].map(([[name], times]) => [name, median(times)]),
  );
}

function digestsOf(command: string): string {
  const printed = execFileSync('bash', ['-c', command], { maxBuffer: 2 ** 28, encoding: 'utf8' });
  return (printed.match(/\b[0-9a-f]{64}\b/g) ?? []).toSorted().join('\n');
}

/** A task for each file. */
async function inProcess(
  files: readonly string[],
  contenders: readonly Contender[],
  rounds: number,
): Promise<Row> {
  const seen = new Set<string>();
  const figures = await interleaved(contenders, rounds, async ({ call }) => {
    const digests: unknown[] = [];
    const took = await seconds(() =>
      closedLoop(512, files.length, async (index) => (digests[index] = await call('hashFile', files[index]))),
    );
    seen.add(createHash('sha256').update(digests.join()).digest('hex'));
    return took;
  });
  if (seen.size !== 1) throw new Error('the pools returned different digests');
  return row(
    'small files, a task each',
    's',
    false,
    [...figures].map(([{ name }, times]) => [name, median(times)]),
  );
}

const filesIn = (root: string): string[] =>
  readdirSync(root).flatMap((folder) =>
    readdirSync(join(root, folder)).map((file) => join(root, folder, file)),
  );

/** Made once, and kept for the next run. 500 files to a directory. */
function tree(kind: string, count: number, sizeOf: (index: number) => number): string {
  const root = join(tmpdir(), `millrace-bench-${kind}-${count}-${sizeOf(0)}`);
  if (existsSync(join(root, 'complete'))) return join(root, 'files');
  for (let index = 0; index < count; index++) {
    const folder = join(root, 'files', String(Math.floor(index / 500)));
    if (index % 500 === 0) mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, `${index}.bin`), randomBytes(sizeOf(index)));
  }
  writeFileSync(join(root, 'complete'), '');
  return join(root, 'files');
}
