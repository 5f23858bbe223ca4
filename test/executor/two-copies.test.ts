import { cpSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import {
  asCompleted,
  Executor,
  InvalidTaskError,
  SaturatedError,
  TaskTimeoutError,
  tasks,
  wait,
} from 'millrace';
import { HttpError, OverloadGate, toHttpError } from 'millrace/http';
import { prometheusMetrics } from 'millrace/metrics';
import { Registry } from 'prom-client';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

const root = fileURLToPath(new URL('../../', import.meta.url));
const url = new URL('../fixtures/work.mjs', import.meta.url);
type Work = typeof import('../fixtures/work.mjs');

interface Copy {
  readonly main: typeof import('millrace');
  readonly http: typeof import('millrace/http');
}

let folder: string;
let other: Copy;
let executor: Executor;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'millrace-copies-'));
  cpSync(join(root, 'dist'), join(folder, 'dist'), { recursive: true });
  symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'));
  writeFileSync(
    join(folder, 'nested.mjs'),
    `import { current, tasks } from './dist/worker.js';
     const self = tasks(import.meta.url);
     export const double = (n) => n * 2;
     export const run = (n) => current().run(self.double(n));
     export const join = (n) => current().join(self.double(n), self.double(n + 1));
     export async function all(ns) {
       const doubled = [];
       for await (const future of current().asCompleted(ns.map((n) => self.double(n)))) doubled.push(await future.result());
       return doubled.sort();
     }
     export const fail = () => current().run('no task');`,
  );
  const require = createRequire(join(folder, 'main.cjs'));
  other = { main: require('./dist/index.cjs'), http: require('./dist/server/http.cjs') };
  executor = new Executor({ workers: 1, maxPending: 4 });
});
afterAll(async () => {
  await executor.shutdown();
  rmSync(folder, { recursive: true });
});

const foreign = () => other.main.tasks<Work>(url);

describe('of two copies of the package in one process', () => {
  test('neither is the other', () => {
    expect(other.main.Executor).not.toBe(Executor);
  });

  test("one runs the other's tasks, with their arguments and options", async () => {
    const task = foreign().echo({ a: 1 }).with({ label: 'theirs', priority: 3 });
    const future = await executor.submit(task);
    expect(future.task).toMatchObject({ label: 'theirs', options: { priority: 3 }, args: [{ a: 1 }] });
    expect(await future.result()).toEqual({ a: 1 });
    expect(await executor.run(foreign().echo(2), { label: 'with' })).toBe(2);
    const mapped = [];
    for await (const value of executor.map([1, 2, 3], (n) => foreign().echo(n))) mapped.push(value);
    expect(mapped).toEqual([1, 2, 3]);
    const completed = [];
    for await (const each of executor.asCompleted([foreign().echo(4)])) completed.push(await each.result());
    expect(completed).toEqual([4]);
    expect(executor.evictionsFor(foreign().echo(1), [])).toEqual([]);
  });

  test("one forecasts the other's tasks as the same function's", async () => {
    await executor.run(tasks<Work>(url).echo(1));
    const own = executor.forecast({ task: tasks<Work>(url).echo(1) });
    expect(own.runMs).toBeGreaterThan(0);
    expect(executor.forecast({ task: foreign().echo(1) }).runMs).toBe(own.runMs);
  });

  test("one waits for the other's futures", async () => {
    const theirs = new other.main.Executor({ workers: 1 });
    const futures = [await executor.submit(foreign().echo(1)), await theirs.submit(foreign().echo(2))];
    const results = [];
    for await (const future of asCompleted(futures)) results.push(await future.result());
    expect(new Set(results)).toEqual(new Set([1, 2]));
    expect((await wait(futures)).done).toEqual(futures);
    await theirs.shutdown();
  });

  test("one knows the other's errors, and answers for them", async () => {
    const closed = new other.main.Executor({ workers: 1 });
    await closed.shutdown();
    const error: unknown = await closed.run(foreign().echo(1)).catch((reason: unknown) => reason);
    expect(toHttpError(error)).toMatchObject({ statusCode: 503, code: 'ERR_MILLRACE_CLOSED' });
    const saturated = new other.main.SaturatedError('full', { limit: 1, pending: 1, retryAfterMs: 5 });
    expect(saturated).toBeInstanceOf(SaturatedError);
    expect(saturated).not.toBeInstanceOf(TaskTimeoutError);
    const answer = new other.http.HttpError(404, 'E', 'none');
    expect(answer).toBeInstanceOf(HttpError);
    expect(toHttpError(answer)).toBe(answer);
  });

  test('a class that extends an error knows its own instances only', () => {
    class Own extends SaturatedError {}
    const facts = { limit: 1, pending: 1, retryAfterMs: 1 };
    expect(new Own('own', facts)).toBeInstanceOf(Own);
    expect(new Own('own', facts)).toBeInstanceOf(SaturatedError);
    expect(new SaturatedError('not own', facts)).not.toBeInstanceOf(Own);
  });

  test("one gates and measures the other's executor", async () => {
    const theirs = new other.main.Executor({ workers: 1, name: 'theirs' });
    const gate = new OverloadGate(theirs);
    const future = gate.admit('normal', 10_000, foreign().echo(1), {});
    expect(await future.result()).toBe(1);
    expect(other.http.OverloadGate.check(gate)).toBe(gate);
    const metrics = await prometheusMetrics({
      executors: [theirs],
      gates: [new other.http.OverloadGate(theirs)],
      registry: new Registry(),
      hostLoad: false,
    });
    expect(await metrics.registry.metrics()).toContain('executor="theirs"');
    metrics.stop();
    await theirs.shutdown();
  });

  test('a task module may have another than the executor, and submit tasks', async () => {
    const nested = tasks(join(folder, 'nested.mjs')) as Record<string, (...args: unknown[]) => never>;
    const run = (name: string, ...args: unknown[]) => executor.run<unknown>(nested[name]?.(...args) as never);
    expect(await run('run', 4)).toBe(8);
    expect(await run('join', 4)).toEqual([8, 10]);
    expect(await run('all', [1, 2])).toEqual([2, 4]);
    await expect(run('fail')).rejects.toBeInstanceOf(InvalidTaskError);
  });

  test.each([{}, { target: 1, args: [] }, null, 1])('%j is a task of neither', async (value) => {
    await expect(executor.submit(value as never)).rejects.toThrow(InvalidTaskError);
  });
});
