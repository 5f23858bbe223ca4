import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { runCli } from '../cli/run-cli.ts';

const example = fileURLToPath(new URL('../../examples/tune/', import.meta.url));
const readme = readFileSync(join(example, 'README.md'), 'utf8');
/** What the README tells to type. */
const commands = [...readme.matchAll(/^```sh\n([\s\S]*?)^```$/gm)].flatMap(([, block = '']) =>
  block.trim().split('\n'),
);

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'millrace-example-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

const node = async (...args: string[]): Promise<string> =>
  (await promisify(execFile)(process.execPath, args, { cwd: example, maxBuffer: 2 ** 24 })).stdout;

test('the README has these commands', () => {
  expect(commands).toEqual([
    'node documents.js > documents.jsonl',
    'npx millrace tune work.js#frequentWords --input documents.jsonl --svg curve.svg',
    'node main.js --workers 1 --max-pending 0',
    'node main.js --workers 2 --max-pending 5000',
    'node main.js --workers 2 --max-pending 2',
  ]);
});

test('the documents are tuned for', async () => {
  const input = join(folder, 'documents.jsonl');
  writeFileSync(input, await node('documents.js'));
  const svg = join(folder, 'curve.svg');
  const [, , , target = '', ...options] = (commands[1] as string).split(' ');
  const given = options.map((option) => ({ 'documents.jsonl': input, 'curve.svg': svg })[option] ?? option);
  const quick = ['--seconds', '0.02', '--rounds', '1', '--max-workers', '2'];
  const { code, stdout } = await runCli(['tune', target, ...given, ...quick], '', example);
  expect(code).toBe(0);
  expect(stdout.toString()).toMatch(/^Set new Executor\(\{ workers: [12], maxPending: \d+ \}\)/m);
  expect(readFileSync(svg, 'utf8')).toMatch(/^<svg .*<\/svg>$/s);
});

test('the limits too low, too high and as advised all count the documents, and tell what it cost', async () => {
  const waiting: number[] = [];
  for (const command of commands.slice(2)) {
    const stdout = await node(...command.split(' ').slice(1), '--documents', '500');
    const [, kibibytes] =
      /^\d+ documents a second\n[\d.]+ ms from .*\n(\d+) KiB of documents waiting at the most\n$/.exec(
        stdout,
      ) ?? [];
    waiting.push(Number(kibibytes));
  }
  const [tooLow, tooHigh] = waiting as [number, number];
  expect(tooHigh).toBeGreaterThan(tooLow);
});

test('the function finds the most frequent words', async () => {
  const { code, stdout } = await runCli(
    ['map', 'work.js#frequentWords'],
    '"b a, c c a a d e f b"\n',
    example,
  );
  expect(code).toBe(0);
  expect(JSON.parse(stdout.toString())).toEqual(['a', 'b', 'c', 'd', 'e']);
});
