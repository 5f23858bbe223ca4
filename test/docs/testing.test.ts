import { execFile } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { blocksOf, folderWith } from '../support/doc-blocks.ts';

const blocks = blocksOf('docs/testing.md');
const nameOf = (code: string) => code.slice(3, code.indexOf('\n'));

let folder: string;
beforeAll(() => {
  folder = folderWith('');
  for (const code of blocks) writeFileSync(join(folder, nameOf(code)), code);
});
afterAll(() => rmSync(folder, { recursive: true }));

async function run(args: readonly string[], env: Record<string, string> = {}): Promise<string> {
  const options = { cwd: folder, env: { ...process.env, ...env } };
  return (await promisify(execFile)(process.execPath, args, options)).stdout;
}

test('every block of the page is run', () => {
  expect(blocks.map(nameOf)).toEqual(['work.mjs', 'work.test.mjs', 'leaks.mjs']);
});

test('its tests pass, and coverage sees what only a thread has loaded', async () => {
  const inThreads = (blocks[1] as string)
    .replace("import { double } from './work.mjs';\n", '')
    .replace(/test\('the function'[\s\S]*?\n}\);\n/, '');
  expect(inThreads).not.toContain("from './work.mjs'");
  writeFileSync(join(folder, 'threads.test.mjs'), inThreads);
  const coverage = join(folder, 'coverage');
  mkdirSync(coverage);
  expect(await run(['--test', 'work.test.mjs'])).toMatch(/pass 2/);
  expect(await run(['--test', 'threads.test.mjs'], { NODE_V8_COVERAGE: coverage })).toMatch(/pass 1/);
  const reports = readdirSync(coverage).map((file) => readFileSync(join(coverage, file), 'utf8'));
  expect(reports.some((report) => report.includes('/work.mjs'))).toBe(true);
});

test('it tells which executor was left', async () => {
  const leaves = `
    import { assertNoThreads } from './leaks.mjs';
    const { Executor, inline } = await import('millrace');
    const executor = new Executor({ workers: 1, name: 'forgotten' });
    await executor.run(inline(() => 1));
    try { assertNoThreads(); } catch ({ message }) { console.log(message); }
    await executor.shutdown();
    assertNoThreads();`;
  writeFileSync(join(folder, 'leaves.mjs'), leaves);
  expect((await run(['leaves.mjs'])).trim()).toBe('executors were not shut down: forgotten');
});
