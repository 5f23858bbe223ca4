import { inspect } from 'node:util';
import { describe, expect, test } from 'vitest';
import { InvalidOptionError, InvalidTaskError } from '../../src/base/errors.ts';
import { inline } from '../../src/tasks/inline.ts';
import { tasks } from '../../src/tasks/task-makers.ts';
import { internTarget, Task } from '../../src/tasks/task.ts';
import type { TaskOptions } from '../../src/tasks/task-options.ts';
import { transferable, transfersOf } from '../../src/tasks/transferable.ts';

interface Module {
  add(a: number, b: number): number;
  inspect(): string;
}

const url = new URL('file:///tasks/module.mjs');
const makers = tasks<Module>(url);

describe('tasks', () => {
  test('makes tasks of the names that it is asked for, without loading the module', () => {
    const task = makers.add(1, 2);
    expect(task).toMatchObject({ module: url.href, name: 'add', args: [1, 2], label: 'add', options: {} });
    expect(makers.add).toBe(makers.add);
  });

  test('awaiting, printing and inspecting it is harmless', async () => {
    expect(await Promise.resolve(makers)).toBe(makers);
    expect(inspect({ makers })).toBe(`{ makers: tasks of ${url.href} }`);
    expect(String(makers as unknown)).toBe(`tasks of ${url.href}`);
    expect(JSON.stringify({ makers })).toBe('{"makers":{}}');
    expect(Object.prototype.toString.call(makers)).toBe('[object Object]');
    expect((makers as never as Record<symbol, unknown>)[Symbol.iterator]).toBeUndefined();
  });

  test('a function may have any name but `then` and `toJSON`', () => {
    expect(makers.inspect()).toMatchObject({ name: 'inspect' });
  });

  test('cannot be written to', () => {
    expect(() => Object.assign(makers, { add: 1 })).toThrow(TypeError);
  });

  test('takes a string with a scheme as well', () => {
    const same = tasks<Module>('file:///tasks/module.mjs').add(1, 2);
    expect(Task.targetOf(same)).toBe(Task.targetOf(makers.add(1, 2)));
    expect(tasks<Module>('data:text/javascript,1').add(1, 2).module).toBe('data:text/javascript,1');
  });

  test.each([
    './module.mjs',
    '../module.mjs',
    'module.mjs',
    'C:a.js',
    new URL('c:/a.js'),
    '',
    1,
    null,
    undefined,
    {},
  ])('refuses %o', (value) => {
    expect(() => tasks(value as never)).toThrow(InvalidTaskError);
  });

  test('says what to write instead of a relative path', () => {
    expect(() => tasks('./sums.mjs')).toThrow("new URL('./sums.mjs', import.meta.url)");
    expect(() => tasks('./sums.mjs')).toThrow("pathToFileURL(path.resolve('./sums.mjs'))");
  });

  test.each([
    ['/tasks/module.mjs', 'file:///tasks/module.mjs'],
    ['/a b/50%/#1?.mjs', 'file:///a%20b/50%25/%231%3F.mjs'],
    ['C:\\work\\sums.js', 'file:///C:/work/sums.js'],
    ['d:/work/a b.js', 'file:///d:/work/a%20b.js'],
    ['\\\\host\\share\\sums.js', 'file://host/share/sums.js'],
  ])('takes the absolute path %s', (path, href) => {
    expect(tasks<Module>(path).add(1, 2).module).toBe(href);
  });
});

test('what tasks() returns may be wrapped, and is no value that could be sent by mistake', () => {
  const urgent = new Proxy(makers, {
    get: (all, name) => (a: number, b: number) => all[name as 'add'](a, b).with({ priority: 1 }),
  });
  for (let time = 0; time < 2; time++) expect(urgent.add(1, 2).options.priority).toBe(1);
  expect(() => structuredClone(makers)).toThrow(expect.objectContaining({ name: 'DataCloneError' }));
});

describe('a task', () => {
  test('is frozen, and not thenable', () => {
    const task = makers.add(1, 2);
    expect(Object.isFrozen(task)).toBe(true);
    expect(Object.isFrozen(task.options)).toBe(true);
    expect(Object.isFrozen(task.args)).toBe(true);
    expect(Object.isFrozen(task.with({ priority: 1 }).options)).toBe(true);
    expect('then' in task).toBe(false);
  });

  test('with other options is another task', () => {
    const task = makers.add(1, 2);
    const urgent = task.with({ priority: 1, label: 'sum' });
    const both = urgent.with({ timeoutMs: 5, priority: 2 });
    expect(task.options).toEqual({});
    expect(urgent).toMatchObject({ options: { priority: 1, label: 'sum' }, label: 'sum', args: [1, 2] });
    expect(both.options).toEqual({ priority: 2, label: 'sum', timeoutMs: 5 });
    expect(Object.isFrozen(both)).toBe(true);
  });

  test('an option that is undefined counts as absent', () => {
    expect(
      makers
        .add(1, 2)
        .with({ priority: 1 })
        .with({ priority: undefined } as never).options,
    ).toEqual({
      priority: 1,
    });
  });
});

test('two tasks of one function share one target', () => {
  expect(internTarget('m', 'a')).toBe(internTarget('m', 'a'));
  expect(internTarget('m', 'a')).not.toBe(internTarget('m', 'b'));
  expect(internTarget('m', 'a').index).not.toBe(internTarget('n', 'a').index);
});

const integers = [Number.NaN, 1.5, '1', null, Infinity, 2 ** 53, 1n];
const times = [Number.NaN, -1, Infinity, '1', null, 2 ** 31];
const bad: [keyof TaskOptions | 'any' | 'Priority', unknown[]][] = [
  ['priority', integers],
  ['retries', [...integers, -1]],
  ['timeoutMs', times],
  ['deadlineMs', times],
  ['maxWaitMs', times],
  ['interrupt', [1, 'true', null]],
  ['signal', [{}, null, 'signal', new AbortController()]],
  ['transfer', [{}, null, 'x', new ArrayBuffer(1)]],
  ['label', ['', 1, null, Symbol('label')]],
  ['any', [1]],
  ['Priority', [1]],
];

describe('task options', () => {
  test.each(bad.flatMap(([option, values]) => values.map((value) => [option, value] as const)))(
    '%s refuses %o',
    (option, value) => {
      const refuse = () => makers.add(1, 2).with({ [option]: value });
      expect(refuse).toThrow(InvalidOptionError);
      expect(refuse).toThrow(
        expect.objectContaining({
          option,
          value,
          code: 'ERR_MILLRACE_INVALID_OPTION',
          message: expect.stringContaining(option) as string,
        }),
      );
    },
  );

  test.each([null, 1, 'text'])('refuses %o instead of options', (options) => {
    expect(() => makers.add(1, 2).with(options as never)).toThrow(InvalidOptionError);
  });

  test('takes the ends of each range', () => {
    const options: TaskOptions = {
      priority: Number.MIN_SAFE_INTEGER,
      retries: 0,
      timeoutMs: 0,
      deadlineMs: 2 ** 31 - 1,
      maxWaitMs: 0.5,
      interrupt: false,
      transfer: [],
      signal: AbortSignal.abort(),
      label: 'x',
    };
    expect(makers.add(1, 2).with(options).options).toEqual(options);
  });
});

describe('inline', () => {
  test('sends the source, and is labelled with the name', () => {
    const double = (n: number) => n * 2;
    expect(inline(double, 2)).toMatchObject({ name: 'evaluate', label: 'double', args: [String(double), 2] });
    expect(inline(() => 1).label).toBe('inline');
  });

  test.each([
    ['a native function', Math.max],
    ['a bound function', ((n: number) => n).bind(null)],
    [
      'a method shorthand',
      {
        method() {
          return 1;
        },
      }.method,
    ],
    ['a class', class {}],
    ['no function', 'text'],
  ])('refuses %s', (_, fn) => {
    expect(() => inline(fn as never)).toThrow(InvalidTaskError);
  });
});

test('transferable marks what moves, and other values are left alone', () => {
  const buffer = new ArrayBuffer(1);
  expect(transfersOf(transferable({ buffer }, [buffer]))).toEqual([buffer]);
  for (const value of [1, null, undefined, {}, buffer]) expect(transfersOf(value)).toBeUndefined();
});
