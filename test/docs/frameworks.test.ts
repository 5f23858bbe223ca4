import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, expect, test } from 'vitest';
import { blocksOf, folderWith } from '../support/doc-blocks.ts';

const projects = new URL('../projects/', import.meta.url);
const files = readdirSync(projects, { recursive: true, encoding: 'utf8' })
  .filter((file) => /\.(?:[cm]?js|ts)$/.test(file) && !file.includes('node_modules'))
  .map((file) => readFileSync(new URL(file, projects), 'utf8'));

const blocks = ['js', 'ts'].flatMap((language) => blocksOf('docs/frameworks.md', language));
const nameOf = (code: string) => /^\/\/ (\S+)\n/.exec(code)?.[1] ?? '';
const handler = blocks.find((code) => nameOf(code) === 'handler.mjs') as string;
const folder = folderWith('');
afterAll(() => rmSync(folder, { recursive: true }));

test('every program of the page is a file of a project that is run', () => {
  expect(blocks.length).toBeGreaterThan(10);
  const missing = blocks.filter((code) => code !== handler && !files.includes(code));
  expect(missing.map(nameOf)).toEqual([]);
});

test('so is what the page on bundlers shows of Nitro, Next.js and single executables', () => {
  const shown = ['js', 'ts'].flatMap((language) => blocksOf('docs/bundling.md', language));
  const named = shown.filter((code) => /^(?:build\.mjs|next|nitro|routes)/.test(nameOf(code)));
  expect(named).toHaveLength(4);
  expect(named.filter((code) => !files.includes(code)).map(nameOf)).toEqual([]);
});

test('the handler answers, and refuses what does not fit into its time', async () => {
  writeFileSync(join(folder, 'handler.mjs'), handler);
  const module = (await import(pathToFileURL(join(folder, 'handler.mjs')).href)) as {
    handler(event: object, context: object): Promise<{ statusCode: number; body: string }>;
  };
  const invoke = (leftMs: number, body: string) =>
    module.handler({ body }, { getRemainingTimeInMillis: () => leftMs });
  const digest = createHash('sha256').update('abc').digest('hex');
  expect(await invoke(30_000, 'abc')).toEqual({ statusCode: 200, body: digest });
  const large = 'x'.repeat(64 * 2 ** 20);
  const refused = await invoke(100, large);
  expect(refused.statusCode).toBe(503);
  expect(JSON.parse(refused.body)).toMatchObject({ code: 'ERR_MILLRACE_TIMEOUT' });
  await expect(invoke(30_000, 7 as never)).rejects.toThrow();
});
