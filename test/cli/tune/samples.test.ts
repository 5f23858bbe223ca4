import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { LineError, readSamples } from '../../../src/cli/tune/samples.ts';
import type { ToTask } from '../../../src/cli/tune/samples.ts';

let folder: string;
let input: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'millrace-samples-'));
  input = join(folder, 'input');
});
afterAll(() => rmSync(folder, { recursive: true }));

const toTask: ToTask = (value) => ({ value }) as never;
const ascending = Array.from({ length: 100 }, (_, index) => index + 1);

test('there is a task for each line, in no order, and the same one each time', async () => {
  writeFileSync(input, ascending.map((number) => `${number}\n`).join(''));
  const { samples, cutAfter } = await readSamples(input, toTask);
  const lines = samples.map(({ line }) => line);
  expect(samples).toEqual(lines.map((line) => ({ line, task: { value: line } })));
  expect(lines.toSorted((a, b) => a - b)).toEqual(ascending);
  // Those of the first half are anywhere: a short measurement sees a sample of all.
  const first = lines.slice(0, 50).filter((line) => line <= 50).length;
  expect(first).toBeGreaterThan(15);
  expect(first).toBeLessThan(35);
  expect(cutAfter).toBeUndefined();
  expect(await readSamples(input, toTask)).toEqual({ samples, cutAfter });
});

test('of a long file only the beginning is read, to the end of a line', async () => {
  writeFileSync(input, '1000\n\n2000\n3000\nrubbish');
  const { samples, cutAfter } = await readSamples(input, toTask, 7);
  expect(new Set(samples.map(({ line }) => line))).toEqual(new Set([1, 3]));
  expect(cutAfter).toBe(3);
});

test('a line that is no JSON is named', async () => {
  writeFileSync(input, '1\n{');
  const error: unknown = await readSamples(input, toTask).catch((reason: unknown) => reason);
  expect(error).toBeInstanceOf(LineError);
  expect(error).toMatchObject({ line: 2, cause: expect.any(SyntaxError) });
});
