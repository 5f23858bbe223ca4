import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import * as exported from '../src/tasks/index.ts';
import { logicalName, readyMadeModules as byLogicalName } from '../src/cluster/wire/module-names.ts';
import { moduleOf, tasks } from '../src/tasks/task-makers.ts';
import { readyMadeModules, threadModules } from '../thread-modules.mjs';

test('each module that threads load is built, and every call that names one is found', () => {
  expect(threadModules.filter((module) => !existsSync(`dist/${module}.cjs`))).toEqual([]);
  const calls = readdirSync('src', { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts') && file !== 'package-file.ts')
    .flatMap((file) => readFileSync(`src/${file}`, 'utf8').match(/threadModule\([^)]*\)/g) ?? []);
  expect(calls.filter((call) => !threadModules.some((module) => call.includes(`'${module}'`)))).toEqual([]);
  expect(calls.length).toBeGreaterThanOrEqual(threadModules.length);
});

test('the ready-made modules are what millrace/tasks makes tasks of, for the build and for hosts', () => {
  const names = Object.entries(exported).flatMap(([name, each]) => (moduleOf(each) ? [name] : []));
  expect(names).toContain('hashing');
  expect(names.map((name) => `tasks/ready-made/${name}`).toSorted()).toEqual(readyMadeModules);
  expect([...byLogicalName.keys()]).toEqual(names.map((name) => `millrace/tasks/${name}`));
  for (const [name, url] of byLogicalName) expect(logicalName(url)).toBe(name);
});

test('a thread starts with few files, and other entries load no more of what they share with threads than they need', () => {
  const codec = 'src/pool/wire/value-codec.ts';
  const loader = 'src/pool/worker/loading/load-task.ts';
  const thread = filesOf('pool/worker/worker-entry.cjs');
  expect(thread).toHaveLength(6);
  expect(modulesOf(thread)).toEqual(expect.arrayContaining([codec, loader]));
  const main = modulesOf(filesOf('index.cjs'));
  expect(main).toContain(codec);
  expect(main).not.toContain(loader);
  const flow = modulesOf(filesOf('flow/index.cjs'));
  expect(flow).toContain('src/base/errors.ts');
  expect(flow).not.toContain(codec);
});

/** The file of `dist/`, and all files that it requires at once. */
function filesOf(entry: string): string[] {
  const files = new Set([join('dist', entry)]);
  for (const file of files) {
    const required = readFileSync(file, 'utf8').matchAll(/^(?:const|let) .*= require\("(\.[^"]+)"\);$/gm);
    for (const [, name = ''] of required) files.add(join(dirname(file), name));
  }
  return [...files];
}

/** What has been bundled into them. */
function modulesOf(files: readonly string[]): string[] {
  return files.flatMap((file) =>
    [...readFileSync(file, 'utf8').matchAll(/^\/\/ (src\/.*)$/gm)].map(([, module = '']) => module),
  );
}

test('moduleOf tells makers from anything else', () => {
  expect(moduleOf(tasks('node:path'))).toBe('node:path');
  expect(moduleOf(exported.prepareImages)).toBeUndefined();
});
