import { Executor, InvalidTaskError, tasks } from 'millrace';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { reasonOf } from '../support/settling.ts';
import { work } from '../support/work.ts';

interface Module {
  kind(): string;
}

let executor: Executor;
beforeAll(() => {
  executor = new Executor({ workers: 1 });
});
afterAll(() => executor.shutdown({ mode: 'kill' }));

const module = (file: string) => tasks<Module>(new URL(`../fixtures/${file}`, import.meta.url));

describe('a task module', () => {
  test.each([
    ['module.mjs', 'mjs'],
    ['module.js', 'js'],
    ['module.cjs', 'cjs'],
    ['computed.cjs', 'computed cjs'],
    ['typed.ts', 'ts'],
  ])('may be %s', async (file, kind) => {
    expect(await executor.run(module(file).kind())).toBe(kind);
  });

  test('is evaluated once in a thread, whichever of its functions are called, also in TypeScript', async () => {
    const stateful = tasks<typeof import('../fixtures/stateful.js')>(
      new URL('../fixtures/stateful.ts', import.meta.url),
    );
    expect(await executor.run(stateful.first())).toBe('yes 1');
    expect(await executor.run(stateful.count())).toBe(2);
    expect(await executor.run(stateful.second())).toBe('yes 2');
  });

  test('that does not exist fails its tasks, with its URL', async () => {
    const error = await reasonOf(executor.run(module('missing.mjs').kind()));
    expect(error).toBeInstanceOf(InvalidTaskError);
    expect(error).toMatchObject({ name: 'InvalidTaskError', code: 'ERR_MILLRACE_INVALID_TASK' });
    expect((error as Error).message).toContain('fixtures/missing.mjs');
  });

  test.each([
    'node:nonexistent',
    'https://localhost/module.mjs',
    'file://host/module.mjs',
    'file:///tmp/a%2Fmodule.mjs',
    'file:///tmp/a%00module.mjs',
    new URL('../fixtures/', import.meta.url).href,
    new URL('../fixtures/module.mjs/module.mjs', import.meta.url).href,
  ])('that can’t exist fails its tasks, with its URL: %s', async (url) => {
    const error = await reasonOf(executor.run(tasks<Module>(url).kind()));
    expect(error).toBeInstanceOf(InvalidTaskError);
    expect((error as Error).message).toContain(url);
  });

  test.each([
    ['imports-missing.mjs', 'ERR_MODULE_NOT_FOUND'],
    ['imports-https.mjs', 'ERR_UNSUPPORTED_ESM_URL_SCHEME'],
  ])('that imports what does not exist fails its tasks with that error: %s', async (file, code) => {
    expect(await reasonOf(executor.run(module(file).kind()))).toMatchObject({ code });
  });

  test.each(['default-class.mjs', 'computed.cjs'])('exports nothing that it inherits: %s', async (file) => {
    const inherited = tasks<{ readonly constructor: (source: string) => unknown }>(
      new URL(`../fixtures/${file}`, import.meta.url),
    );
    expect(await reasonOf(executor.run(inherited.constructor('return 7')))).toBeInstanceOf(InvalidTaskError);
  });

  test('of the newer kind exports nothing but what it exports', async () => {
    expect(await reasonOf(executor.run(module('default-class.mjs').kind()))).toBeInstanceOf(InvalidTaskError);
  });

  test('that is a builtin of Node has functions as any other', async () => {
    const path = tasks<typeof import('node:path')>('node:path');
    expect(await executor.run(path.basename('/a/b'))).toBe('b');
  });

  test('that does not export the function fails its tasks, with the names that it does export', async () => {
    const other = tasks<{ other(): void; notAFunction(): void }>(
      new URL('../fixtures/module.mjs', import.meta.url),
    );
    for (const task of [other.other(), other.notAFunction()]) {
      const error = await reasonOf(executor.run(task));
      expect(error).toBeInstanceOf(InvalidTaskError);
      expect((error as Error).message).toMatch(/no function .*kind/);
    }
  });

  test('that throws while it is loaded fails its tasks with its own error', async () => {
    const error = await reasonOf(executor.run(module('throws.mjs').kind()));
    expect(error).toBeInstanceOf(RangeError);
    expect(error).toMatchObject({ message: 'while loading', code: 'E_LOADING' });
  });

  test('that is bad costs no place and no other task', async () => {
    const before = executor.stats();
    const bad = ['missing.mjs', 'throws.mjs'].map((file) => executor.submit(module(file).kind()));
    const good = await executor.submit(work.echo('good'));
    for (const future of await Promise.all(bad)) expect((await future.outcome()).status).toBe('rejected');
    expect(await good.result()).toBe('good');
    expect(executor.stats()).toMatchObject({ pending: 0, running: 0, rejected: before.rejected + 2 });
  });
});

test.each([null, undefined, 1, 'task', () => 1, {}, Object.assign({}, work.echo(1))])(
  '%o is no task',
  async (value) => {
    const { submitted } = executor.stats();
    const task = value as never;
    for (const refused of [executor.submit(task), executor.run(task)]) {
      expect(await reasonOf(refused)).toBeInstanceOf(InvalidTaskError);
    }
    expect(() => executor.trySubmit(task)).toThrow(InvalidTaskError);
    expect(executor.stats().submitted).toBe(submitted);
  },
);

test('bad options of a submission are refused, and count as nothing', async () => {
  const { submitted } = executor.stats();
  expect(await reasonOf(executor.submit(work.echo(1), { priority: 1.5 }))).toMatchObject({
    name: 'InvalidOptionError',
    option: 'priority',
    value: 1.5,
  });
  expect(() => executor.trySubmit(work.echo(1), { retry: 1 } as never)).toThrow(
    expect.objectContaining({ option: 'retry' }),
  );
  expect(executor.stats().submitted).toBe(submitted);
});
