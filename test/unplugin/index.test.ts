import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { replaceCalls, taskCalls } from '../../src/unplugin/task-calls.ts';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'millrace-unplugin-'));
  for (const file of ['work.js', 'typed.ts', 'module.mts']) writeFileSync(join(folder, file), '');
});
afterAll(() => rmSync(folder, { recursive: true }));

const files = (code: string) => taskCalls(code, join(folder, 'main.js')).map(({ file }) => file);

describe('the plugin for bundlers', () => {
  test.each([
    ["tasks(new URL('./work.js', import.meta.url))", 'work.js'],
    ['tasks( new URL( "./work.js" , import.meta.url ) , )', 'work.js'],
    ['tasks(\n  new URL(\n    `./work.js`,\n    import.meta.url,\n  ),\n)', 'work.js'],
    ["tasks<typeof import('./typed.js')>(new URL('./typed.js', import.meta.url))", 'typed.ts'],
    [
      "tasks<{ a(): void; b(at: { x: number; y: number }): void }>(new URL('./work.js', import.meta.url))",
      'work.js',
    ],
    ["tasks<typeof import('./module.mjs')>(new URL('./module.mjs', import.meta.url))", 'module.mts'],
  ])('finds %j', (code, file) => {
    expect(files(code)).toEqual([join(folder, file)]);
  });

  test.each([
    "new URL('./work.js', import.meta.url)",
    'tasks(new URL(path, import.meta.url))',
    'tasks(new URL(`./${name}.js`, import.meta.url))',
    "tasks(new URL('./missing.js', import.meta.url))",
    'tasks(import.meta.url)',
    "tasks<A>(url); other<B>(new URL('./work.js', import.meta.url))",
    "myTasks(new URL('./work.js', import.meta.url))",
  ])('leaves %j alone', (code) => {
    expect(files(code)).toEqual([]);
  });

  test('replaces the URLs, and nothing else', () => {
    const one = "const a = tasks(new URL('./work.js', import.meta.url));";
    const code = `${one}\n/* between */\n${one}`;
    const calls = taskCalls(code, join(folder, 'main.js'));
    expect(replaceCalls(code, calls, () => 'URL')).toBe(
      'const a = tasks(URL);\n/* between */\nconst a = tasks(URL);',
    );
  });
});
