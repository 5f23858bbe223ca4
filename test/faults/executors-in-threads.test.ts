import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { patienceMs } from '../support/patience.ts';

const dist = (file: string) => new URL(`../../dist/${file}`, import.meta.url).href;

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'millrace-place-'));
  writeFileSync(join(folder, 'threads'), '');
});
afterEach(() => rmSync(folder, { recursive: true }));

/** What each module begins with: it writes down which threads run it. */
const head = `
  import { appendFileSync } from 'node:fs';
  import { isMainThread, threadId, Worker } from 'node:worker_threads';
  import { Executor, inline, tasks } from '${dist('index.js')}';
  appendFileSync(new URL('threads', import.meta.url), threadId + ' ');
  const tell = (error) => console.log(error.name + ': ' + error.message);
  const self = tasks(import.meta.url);
`;

interface Run {
  readonly out: string;
  readonly code: number | null;
  /** How many threads the process has made, as far as they have loaded a module. */
  readonly threads: number;
}

/** Runs the first of these modules as the main one. One that never ends is ended. */
function run(modules: Readonly<Record<string, string>>, ...flags: string[]): Promise<Run> {
  for (const [name, source] of Object.entries(modules)) writeFileSync(join(folder, name), source);
  const main = join(folder, Object.keys(modules)[0] as string);
  return new Promise((resolve) => {
    const child = execFile(
      process.execPath,
      [...flags, main],
      { timeout: patienceMs, killSignal: 'SIGKILL' },
      (_, stdout, stderr) => {
        const ids = readFileSync(join(folder, 'threads'), 'utf8').trim().split(/\s+/).map(Number);
        resolve({ out: stdout + stderr, code: child.exitCode, threads: Math.max(...ids) });
      },
    );
  });
}

const refusal = (module: string) =>
  new RegExp(
    `InvalidTaskError: the task module file:\\S+/${module} makes an executor while it loads.*isMainThread`,
  );

/** Threads of the main thread's executor, and one for each of them that its refused module may have taken down. */
const fewThreads = 8;

describe('a module that is its own task module', () => {
  test.each<[string, Record<string, string>, string?]>([
    [
      'awaits run() at its top level',
      {
        'main.mjs': `${head}
          export const work = () => 1;
          const executor = new Executor({ workers: 2 });
          if (isMainThread) await executor.run(self.work()).catch(tell);
          await executor.shutdown();`,
      },
    ],
    [
      'fails by itself, because nobody catches the error',
      {
        'main.mjs': `${head}
          export const work = () => 1;
          const executor = new Executor({ workers: 2 });
          await executor.run(self.work());`,
      },
    ],
    [
      'makes the executor after an await at its top level',
      {
        'main.mjs': `${head}
          export const work = () => 1;
          await new Promise(setImmediate);
          const executor = new Executor({ workers: 2 });
          await executor.run(self.work()).catch(tell);
          await executor.shutdown();`,
      },
    ],
    [
      'makes it in a function that takes no notice of the error',
      {
        'main.mjs': `${head}
          export const work = () => 1;
          async function main() {
            const executor = new Executor({ workers: 2 });
            await executor.run(self.work()).catch(tell);
            await executor.shutdown();
          }
          main().catch(() => {});`,
      },
    ],
    [
      'is CommonJS',
      {
        'main.cjs': `
          const { appendFileSync } = require('node:fs');
          const { pathToFileURL } = require('node:url');
          const { threadId } = require('node:worker_threads');
          const { Executor, tasks } = require('${fileURLToPath(dist('index.cjs'))}');
          appendFileSync(__dirname + '/threads', threadId + ' ');
          exports.work = () => 1;
          const executor = new Executor({ workers: 2 });
          executor.run(tasks(pathToFileURL(__filename)).work())
            .catch((error) => console.log(error.name + ': ' + error.message))
            .finally(() => executor.shutdown());`,
      },
      'main.cjs',
    ],
    [
      'is imported by its task module',
      {
        'main.mjs': `${head}
          export const factor = 2;
          const executor = new Executor({ workers: 2 });
          const work = tasks(new URL('work.mjs', import.meta.url));
          await executor.run(work.work()).catch(tell);
          await executor.shutdown();`,
        'work.mjs': `
          import { factor } from './main.mjs';
          export const work = () => factor;`,
      },
      'work.mjs',
    ],
    [
      're-exports its tasks',
      {
        'main.mjs': `${head}
          export { work } from './work.mjs';
          const executor = new Executor({ workers: 2 });
          await executor.run(self.work()).catch(tell);
          await executor.shutdown();`,
        'work.mjs': 'export const work = () => 1;',
      },
    ],
  ])('%s', async (_, modules, taskModule = 'main.mjs') => {
    const { out, threads } = await run(modules);
    expect(out).toMatch(refusal(taskModule));
    expect(threads).toBeLessThanOrEqual(fewThreads);
  });

  test('in each of its tasks', async () => {
    const { out, code, threads } = await run({
      'main.mjs': `${head}
        export const work = () => 1;
        const executor = new Executor({ workers: 2 });
        const futures = [];
        for (let n = 0; n < 50; n++) futures.push(await executor.submit(self.work()));
        const outcomes = await Promise.all(futures.map((future) => future.outcome()));
        console.log(outcomes.filter(({ reason }) => /makes an executor/.test(reason?.message)).length);
        await executor.shutdown();`,
    });
    expect({ out, code }).toEqual({ out: '50\n', code: 0 });
    expect(threads).toBeLessThanOrEqual(2);
  });

  test('does well with the executor behind isMainThread', async () => {
    const { out, code, threads } = await run({
      'main.mjs': `${head}
        export const work = (n) => n + 1;
        if (isMainThread) {
          const executor = new Executor({ workers: 2 });
          console.log(await executor.run(self.work(1)));
          await executor.shutdown();
        }`,
    });
    expect({ out, code }).toEqual({ out: '2\n', code: 0 });
    expect(threads).toBeLessThanOrEqual(2);
  });
});

test('setup() can make no executor', async () => {
  const { out, threads } = await run({
    'main.mjs': `${head}
      const work = tasks(new URL('work.mjs', import.meta.url));
      const executor = new Executor({ workers: 2 });
      for (let n = 0; n < 3; n++) await executor.run(work.work()).catch(tell);
      await executor.shutdown();`,
    'work.mjs': `${head}
      let executor;
      export async function setup() {
        executor = new Executor({ workers: 2 });
        await executor.run(self.work());
      }
      export const work = () => 1;`,
  });
  expect(out.split('\n').filter((line) => refusal('work.mjs').test(line))).toHaveLength(3);
  expect(threads).toBeLessThanOrEqual(2);
});

describe('nor can what loading has started and not awaited', () => {
  /** Words: 0 lets it try, 1 tells that it has, 2 ends a task. */
  const modules = (leaveBehind: string, whenLoaded: string) => ({
    'main.mjs': `${head}
      import { readFileSync } from 'node:fs';
      const words = new Int32Array(new SharedArrayBuffer(12));
      const open = (index) => (Atomics.store(words, index, 1), Atomics.notify(words, index));
      const opened = (index) => Atomics.waitAsync(words, index, 0).value;
      const work = tasks(new URL('work.mjs', import.meta.url));
      const executor = new Executor({ workers: 1, workerData: words });
      const staysUp = setInterval(() => {}, 1000);
      ${whenLoaded}
      open(0);
      await opened(1);
      open(2);
      console.log(readFileSync(new URL('said', import.meta.url), 'utf8'));
      clearInterval(staysUp);
      await executor.shutdown();`,
    'work.mjs': `${head}
      import { workerData as words } from 'node:worker_threads';
      export const work = () => 1;
      export const hold = () => Atomics.waitAsync(words, 2, 0).value;
      const attempt = () => {
        let said = 'nothing';
        try { new Executor({ workers: 1 }); } catch (error) { said = error.name + ': ' + error.message; }
        appendFileSync(new URL('said', import.meta.url), said);
        Atomics.store(words, 1, 1);
        Atomics.notify(words, 1);
      };
      ${leaveBehind}`,
  });

  test('once no task runs', async () => {
    const left = 'void Atomics.waitAsync(words, 0, 0).value.then(attempt);';
    const { out, threads } = await run(modules(left, 'await executor.run(work.work());'));
    expect(out).toMatch(/^InvalidTaskError: .* executor/);
    expect(threads).toBe(1);
  });

  test('while a task runs, if it waits for something of the event loop', async () => {
    const left = `
      const waiting = setInterval(() => {
        if (Atomics.load(words, 0) === 0) return;
        clearInterval(waiting);
        attempt();
      }, 1);`;
    const begun = 'await executor.run(work.work()); await executor.submit(work.hold());';
    const { out, threads } = await run(modules(left, begun));
    expect(out).toMatch(refusal('work.mjs'));
    expect(threads).toBe(1);
  });
});

test('nor can what --import loads', async () => {
  const { out, threads } = await run(
    {
      'main.mjs': `${head}
        const executor = globalThis.executor;
        await executor.run(inline(() => 1)).catch((error) => tell(error.cause));
        await executor.shutdown();`,
      'preload.mjs': `${head}
        globalThis.executor = new Executor({ workers: 1 });`,
    },
    '--import',
    pathToFileURL(join(folder, 'preload.mjs')).href,
  );
  expect(out).toMatch(/InvalidTaskError: a module that --import or --require loads makes an executor/);
  expect(threads).toBeLessThanOrEqual(4);
});

test('a task that imports the module which has submitted it makes no endless chain', async () => {
  const { out, threads } = await run({
    'main.mjs': `${head}
      const executor = new Executor({ workers: 1 });
      await executor.run(inline(async (url) => void (await import(url)), import.meta.url));
      await executor.shutdown();`,
  });
  expect(out).toMatch(/InvalidTaskError: tasks of executors have made executors, 3 deep/);
  expect(threads).toBe(3);
});

test('current() is not there while its module is loaded or set up: it would wait for its own thread', async () => {
  const { out, threads } = await run({
    'main.mjs': `${head}
      const executor = new Executor({ workers: 1 });
      for (const file of ['top.mjs', 'setup.mjs'])
        await executor.run(tasks(new URL(file, import.meta.url)).work()).catch(tell);
      await executor.shutdown();`,
    'top.mjs': `
      import { current, tasks } from '${dist('worker.js')}';
      export const work = () => 1;
      await current().run(tasks(import.meta.url).work());`,
    'setup.mjs': `
      import { current, tasks } from '${dist('worker.js')}';
      export const work = () => 1;
      export const setup = () => current().run(tasks(import.meta.url).work());`,
  });
  expect(out).toMatch(
    /InvalidTaskError: current\(\) .*top\.mjs[^]*InvalidTaskError: current\(\) .*setup\.mjs/,
  );
  expect(threads).toBe(0);
});

describe('an executor is made by', () => {
  test.each<[string, string]>([
    ['a running task', 'export const work = () => nested();'],
    [
      'a task that has awaited something',
      'export const work = async () => (await null, await pause(), nested());',
    ],
    [
      'a task that also waits for tasks of its own',
      `export const work = async () => {
        const [sum] = await Promise.all([pause().then(nested), current().run(self.one())]);
        return sum;
      };`,
    ],
    [
      'a task, while another module is loaded in its thread',
      `export const work = async () => {
        const slow = tasks(new URL('slow.mjs', import.meta.url));
        const [sum] = await Promise.all([loads.then(nested), current().run(slow.work())]);
        return sum;
      };
      const loads = new Promise((resolve) => (globalThis.slowLoads = resolve));`,
    ],
  ])('%s', async (_, source) => {
    const { out, code } = await run({
      'main.mjs': `${head}
        const work = tasks(new URL('work.mjs', import.meta.url));
        const executor = new Executor({ workers: 1 });
        console.log(await executor.run(work.work()).catch(tell));
        await executor.shutdown();`,
      'work.mjs': `${head}
        import { current } from '${dist('worker.js')}';
        export const one = () => 1;
        const pause = () => new Promise(setImmediate);
        async function nested() {
          const executor = new Executor({ workers: 1 });
          const sum = await executor.run(inline((a, b) => a + b, 3, 4));
          await executor.shutdown();
          globalThis.slowMayGoOn?.();
          return sum;
        }
        ${source}`,
      'slow.mjs': `
        export const work = () => 1;
        globalThis.slowLoads();
        await new Promise((resolve) => (globalThis.slowMayGoOn = resolve));`,
    });
    expect({ out, code }).toEqual({ out: '7\n', code: 0 });
  });

  test("a worker of the user's own, and one that a task has started", async () => {
    const { out, code } = await run({
      'main.mjs': `${head}
        const own = (from) => new Promise((resolve) => new Worker(new URL('own.mjs', import.meta.url)).on('message', resolve));
        console.log(await own());
        const executor = new Executor({ workers: 1 });
        console.log(await executor.run(tasks(new URL('work.mjs', import.meta.url)).work()));
        await executor.shutdown();`,
      'own.mjs': `${head}
        import { parentPort } from 'node:worker_threads';
        export const work = () => 7;
        const executor = new Executor({ workers: 1 });
        parentPort.postMessage(await executor.run(inline((a) => a, 5)));
        await executor.shutdown();`,
      'work.mjs': `${head}
        export const work = () =>
          new Promise((resolve) => new Worker(new URL('own.mjs', import.meta.url)).on('message', resolve));`,
    });
    expect({ out, code }).toEqual({ out: '5\n5\n', code: 0 });
  });
});
