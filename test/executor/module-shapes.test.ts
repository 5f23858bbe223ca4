import { Executor, InvalidTaskError, tasks } from 'millrace';
import type { Task } from 'millrace';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { runScript } from '../support/run-script.ts';
import { reasonOf } from '../support/settling.ts';

type Makers = Record<string, (...args: unknown[]) => Task<unknown>>;

let executor: Executor;
beforeAll(() => {
  executor = new Executor({ workers: 1 });
});
afterAll(() => executor.shutdown({ mode: 'kill' }));

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'millrace-shapes-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

const urlOf = (file: string) => pathToFileURL(join(folder, file)).href;
const makersOf = (file: string) => tasks(urlOf(file)) as unknown as Makers;

function write(file: string, source: string): Makers {
  writeFileSync(join(folder, file), source);
  return makersOf(file);
}

/** The tasks have any names. */
const run = (makers: Makers, name: string, ...args: unknown[]) =>
  executor.run((makers[name] as Makers[string])(...args));

const transpiled = `
  Object.defineProperty(exports, '__esModule', { value: true });
  exports.named = () => 'named';
  exports.default = () => 'default';`;

describe('a function is found', () => {
  test.each([
    ['as the default of a module compiled to CommonJS', 'module.cjs', transpiled, 'default', 'default'],
    ['beside that', 'module.cjs', transpiled, 'named', 'named'],
    [
      'in such a module within a bundle',
      'module.mjs',
      `const exports = {}; ${transpiled}; export default exports; export const own = () => 'own';`,
      'default',
      'default',
    ],
    [
      'beside that one',
      'module.mjs',
      `const exports = {}; ${transpiled}; export default exports;`,
      'named',
      'named',
    ],
    ['as module.exports', 'module.cjs', `module.exports = () => 'all'`, 'default', 'all'],
    ['as a default', 'module.mjs', `export default () => 'default'`, 'default', 'default'],
    ['by a name that is none', 'module.mjs', `const f = () => 1; export { f as 'a-b c' }`, 'a-b c', 1],
    [
      'by the name of what objects inherit',
      'module.mjs',
      'const f = () => 1; export { f as constructor }',
      'constructor',
      1,
    ],
    ['called toString', 'module.mjs', 'export function toString() { return 1 }', 'toString', 1],
    ['called __proto__', 'module.mjs', 'const f = () => 1; export { f as __proto__ }', '__proto__', 1],
    [
      'called __proto__, in CommonJS',
      'module.cjs',
      `Object.defineProperty(exports, '__proto__', { value: () => 1 })`,
      '__proto__',
      1,
    ],
    [
      'beside a getter that throws',
      'module.cjs',
      `Object.defineProperty(exports, 'bad', { enumerable: true, get() { throw new RangeError('bad') } }); exports.f = () => 1;`,
      'f',
      1,
    ],
    [
      'beside a default that is a proxy which throws',
      'module.mjs',
      `const fail = () => { throw new RangeError('trap') };
       export default new Proxy({}, { get: fail, has: fail, ownKeys: fail, getPrototypeOf: fail, getOwnPropertyDescriptor: fail });
       export const f = () => 1;`,
      'f',
      1,
    ],
  ])('%s', async (_, file, source, name, expected) => {
    expect(await run(write(file, source), name)).toBe(expected);
  });

  test('or else it is said which there are, whatever getters and proxies do', async () => {
    const proxied = write(
      'proxy.mjs',
      `const fail = () => { throw new RangeError('trap') };
       export default new Proxy({}, { get: fail, ownKeys: fail, getPrototypeOf: fail, getOwnPropertyDescriptor: fail });
       export const f = () => 1;`,
    );
    const getters = write(
      'getters.cjs',
      `Object.defineProperty(exports, 'bad', { enumerable: true, get() { throw new RangeError('bad') } }); exports.f = () => 1;`,
    );
    for (const makers of [proxied, getters]) {
      const error = await reasonOf(run(makers, 'g'));
      expect(error).toBeInstanceOf(InvalidTaskError);
      expect(error).toMatchObject({ message: expect.stringContaining('its functions: f') as string });
    }
    expect(await reasonOf(run(getters, 'bad'))).toMatchObject({ name: 'RangeError', message: 'bad' });
  });
});

describe('a module that exports `then`', () => {
  test.each([
    ['never calls back', 'module.mjs', 'export function then() {} export const f = () => 1;'],
    ['throws', 'module.mjs', `export function then() { throw new Error('then') } export const f = () => 1;`],
    [
      'resolves',
      'module.mjs',
      'export const then = (resolve) => resolve({ f: () => 2 }); export const f = () => 1;',
    ],
    ['is asynchronous', 'module.mjs', 'export async function then() {} export const f = () => 1;'],
    ['is no function', 'module.mjs', 'export const then = 1; export const f = () => 1;'],
    ['is re-exported', 'module.mjs', `export * from './other.mjs'; export const f = () => 1;`],
    ['is CommonJS', 'module.cjs', 'exports.then = () => {}; exports.f = () => 1;'],
    [
      'is CommonJS, by a name that can’t be read',
      'module.cjs',
      `exports['th' + 'en'] = () => {}; exports.f = () => 1;`,
    ],
    ['has a default with one', 'module.mjs', 'export default { then() {} }; export const f = () => 1;'],
    ['is compiled', 'module.cjs', `${transpiled} exports.then = () => {}; exports.f = () => 1;`],
  ])('which %s is a task module all the same', async (_, file, source) => {
    writeFileSync(join(folder, 'other.mjs'), 'export function then() {}');
    expect(await run(write(file, source), 'f')).toBe(1);
  });
});

describe('a SyntaxError names its file and line', () => {
  const bad = 'export const a = 1;\nexport const b = = 2;';

  test.each<[string, Record<string, string>, string]>([
    ['in a task module', { 'main.mjs': bad }, 'main.mjs:2'],
    ['in what it imports', { 'main.mjs': `import './bad.mjs';`, 'bad.mjs': bad }, 'bad.mjs:2'],
    [
      'further down',
      {
        'main.mjs': `import 'node:fs'; export * from './a.mjs';`,
        'a.mjs': `import './bad.mjs';`,
        'bad.mjs': bad,
      },
      'bad.mjs:2',
    ],
    ['in CommonJS', { 'main.cjs': 'exports.a = 1;\nexports.b = = 2;' }, 'main.cjs:2'],
    [
      'of an import that is not there',
      { 'main.mjs': `\nimport { b } from './a.mjs';`, 'a.mjs': '' },
      'main.mjs:2',
    ],
    [
      'or the task module, if it is in what that loads while it runs',
      { 'main.mjs': `await import('./bad.mjs');`, 'bad.mjs': bad },
      'main.mjs',
    ],
  ])('%s', async (_, files, place) => {
    for (const [file, source] of Object.entries(files)) write(file, source);
    const makers = makersOf(Object.keys(files)[0] as string);
    for (let time = 0; time < 2; time++) {
      const error = (await reasonOf(run(makers, 'f'))) as Error;
      expect(error).toBeInstanceOf(SyntaxError);
      expect(error.message.split(place)).toHaveLength(2);
      expect(error.stack).toContain(error.message);
    }
  });

  test('and one that code throws is left as it is', async () => {
    const makers = write('main.mjs', `JSON.parse('{');`);
    const error = (await reasonOf(run(makers, 'f'))) as Error;
    expect(error).toBeInstanceOf(SyntaxError);
    expect(error.message).not.toContain('main.mjs');
    expect(error.stack).toContain('main.mjs:1');
  });
});

test.each<[string, Record<string, string>]>([
  ['throws', { 'main.mjs': `import './throws.cjs';`, 'throws.cjs': `throw new RangeError('no');` }],
  ['throws, as the task module', { 'main.cjs': `throw new RangeError('no');` }],
  ['can’t be parsed', { 'main.mjs': `import './bad.cjs';`, 'bad.cjs': 'exports.b = = 2;' }],
  ['throws undefined', { 'main.cjs': 'throw undefined;' }],
])('a CommonJS module that %s takes no thread down', async (_, files) => {
  for (const [file, source] of Object.entries(files)) write(file, source);
  const thread = write(
    'thread.mjs',
    `export const id = async () => (await import('node:worker_threads')).threadId;`,
  );
  const before = await run(thread, 'id');
  const outcome = await (
    await executor.submit((makersOf(Object.keys(files)[0] as string)['f'] as Makers[string])())
  ).outcome();
  expect(outcome.status).toBe('rejected');
  expect(await run(thread, 'id')).toBe(before);
});

test('a module that fails when it is first imported fails each of its tasks with the same error', async () => {
  const makers = write(
    'main.mjs',
    `globalThis.times = (globalThis.times ?? 0) + 1; throw new RangeError('time ' + times);`,
  );
  for (let time = 0; time < 2; time++)
    expect(await reasonOf(run(makers, 'f'))).toMatchObject({ name: 'RangeError', message: 'time 1' });
});

test.each([
  ['JSON', 'data.json', '{}'],
  ['no module', 'data.txt', 'text'],
])('a file that is %s fails its tasks with an error that names it', async (_, file, source) => {
  expect(await reasonOf(run(write(file, source), 'f'))).toMatchObject({
    message: expect.stringContaining(file) as string,
  });
});

test('loading leaves no hook behind that would make the promises of tasks dearer', async () => {
  await using own = new Executor({ workers: 1 });
  const makers = write(
    'promises.mjs',
    `import { executionAsyncId } from 'node:async_hooks';
     await null;
     export const setup = async () => {};
     export const id = async () => (await null, executionAsyncId());`,
  );
  expect(await own.run((makers['id'] as () => Task<unknown>)())).toBe(0);
});

const counted = `
  globalThis.setUps ??= {};
  globalThis.tornDown ??= [];
  const name = import.meta.url.split('/').at(-1);
  export async function setup() {
    setUps[name] = (setUps[name] ?? 0) + 1;
    await new Promise(setImmediate);
  }
  export const setUpsOf = (from) =>
    Object.entries(setUps).reduce((sum, [name, times]) => sum + (name.startsWith(from) ? times : 0), 0);
  export const a = () => 1;
  export const b = () => 1;`;

describe('a module is set up once', () => {
  test('by the URLs of a link, of its target, and with other letters escaped', async () => {
    write('aliased.mjs', counted);
    mkdirSync(join(folder, 'linked'));
    symlinkSync(join(folder, 'aliased.mjs'), join(folder, 'linked', 'link.mjs'));
    symlinkSync(folder, join(folder, 'linked', 'folder'));
    const urls = [
      urlOf('aliased.mjs'),
      urlOf('linked/link.mjs'),
      urlOf('linked/folder/aliased.mjs'),
      urlOf('aliased.mjs').replace('aliased', '%61liased'),
    ];
    for (const url of urls) await run(tasks(url) as never, 'a');
    expect(await run(makersOf('aliased.mjs'), 'setUpsOf', 'aliased.mjs')).toBe(1);
  });

  test('by links to TypeScript', async () => {
    write('package.json', '{}');
    symlinkSync(join(import.meta.dirname, '../../node_modules'), join(folder, 'node_modules'));
    write('typed.mts', counted);
    symlinkSync(join(folder, 'typed.mts'), join(folder, 'link.mts'));
    for (const file of ['typed.mts', 'link.mts']) await run(makersOf(file), 'a');
    expect(await run(makersOf('link.mts'), 'setUpsOf', 'typed.mts')).toBe(1);
  });

  test('by links to CommonJS', async () => {
    write('module.cjs', 'let times = 0; exports.setup = () => void times++; exports.times = () => times;');
    symlinkSync(join(folder, 'module.cjs'), join(folder, 'link.cjs'));
    for (const file of ['module.cjs', 'link.cjs', 'module.cjs?query'])
      expect(await run(tasks(new URL(file, urlOf('x'))) as never, 'times')).toBe(1);
  });

  test('by tasks and joins that load it together', async () => {
    write('joined.mjs', counted);
    const parent = write(
      'parent.mjs',
      `import { current, tasks } from '${new URL('../../dist/worker.js', import.meta.url).href}';
       const other = tasks(new URL('joined.mjs', import.meta.url));
       export async function both() {
         await Promise.all([current().join(other.a(), other.b()), current().join(other.b(), other.a())]);
         return globalThis.setUps['joined.mjs'];
       }`,
    );
    expect(await run(parent, 'both')).toBe(1);
  });

  test('but is another module with another query, as it is for Node', async () => {
    const makers = write('queried.mjs', counted);
    for (const query of ['?1', '?2']) await run(tasks(urlOf(`queried.mjs`) + query) as never, 'a');
    expect(await run(makers, 'setUpsOf', 'queried.mjs?1')).toBe(1);
    expect(await run(makers, 'setUpsOf', 'queried.mjs?2')).toBe(1);
  });

  test('and torn down once, with the name that it was set up by', async () => {
    const own = new Executor({ workers: 1 });
    write('module.cjs', `exports.teardown = () => { throw new RangeError('torn') }; exports.f = () => 1;`);
    symlinkSync(join(folder, 'module.cjs'), join(folder, 'link.cjs'));
    const warnings: string[] = [];
    const listener = ({ message }: Error) => void warnings.push(message);
    process.on('warning', listener);
    for (const file of ['link.cjs', 'module.cjs'])
      await own.run((makersOf(file)['f'] as () => Task<unknown>)());
    await own.shutdown();
    await new Promise(setImmediate);
    process.off('warning', listener);
    expect(warnings).toEqual([expect.stringMatching(/teardown\(\) of .*link\.cjs failed: .*torn/)]);
  });
});

describe('inline() where no code is made of strings says so', () => {
  const flag = '--disallow-code-generation-from-strings';

  test('on the main thread', async () => {
    const { stdout } = await runScript(
      `try { inline(() => 1); } catch (error) { console.log(error.name, error.message); }`,
      flag,
    );
    expect(stdout).toMatch(new RegExp(`^InvalidTaskError inline\\(\\) .*${flag}.*task module`));
  });

  test('in the thread', async () => {
    const { stdout } = await runScript(`
      import v8 from 'node:v8';
      const task = inline(() => 1);
      v8.setFlagsFromString('${flag}');
      const executor = new Executor({ workers: 1 });
      await executor.run(task).catch((error) => console.log(error.name, error.message));
      await executor.shutdown();`);
    expect(stdout).toMatch(new RegExp(`^InvalidTaskError inline\\(\\) .*${flag}.*task module`));
  });
});
