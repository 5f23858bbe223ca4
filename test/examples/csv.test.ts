import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';

const example = fileURLToPath(new URL('../../examples/csv/main.js', import.meta.url));
const run = (...args: string[]) => promisify(execFile)(process.execPath, [example, ...args]);

test('summarizes a table in one thread and by two tasks, with the same result', async () => {
  const { stdout } = await run('5');
  expect(stdout).toMatch(/^one thread +[\d.]+ s, at most \d+ MiB$/m);
  expect(stdout).toMatch(/^two tasks +[\d.]+ s, at most \d+ MiB$/m);
  expect(stdout).toMatch(/^6 cities, the same both ways$/m);
});

test.each(['0', '-1', 'many'])('refuses a size of %s', async (size) => {
  await expect(run(size)).rejects.toMatchObject({ code: 2, stderr: expect.stringContaining(`'${size}'`) });
});
