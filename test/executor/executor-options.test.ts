import { inspect } from 'node:util';
import { SHARE_ENV } from 'node:worker_threads';
import { describe, expect, test } from 'vitest';
import { InvalidOptionError } from '../../src/base/errors.ts';
import { Executor } from '../../src/executor/executor.ts';
import { resolveExecutorOptions } from '../../src/executor/executor-options.ts';
import type { ExecutorOptions } from '../../src/executor/executor-options.ts';

function thrownBy(action: () => unknown): unknown {
  try {
    return action();
  } catch (error) {
    return error;
  }
}

const integers = [Number.NaN, 1.5, '4', null, -1, 2 ** 53, 1n, {}];
const bad: [string, unknown[]][] = [
  ['workers', [...integers, 0, Infinity]],
  ['minWorkers', [...integers, Infinity, 2 ** 20]],
  ['idleTimeoutMs', [Number.NaN, -1, '1', null, 2 ** 31, -Infinity]],
  ['maxPending', [...integers, Infinity]],
  ['maxPendingBytes', [...integers, 0, Infinity]],
  ['maxWaiting', integers],
  ['maxTasksPerWorker', [...integers, 0]],
  ['interruptGraceMs', [Number.NaN, -1, Infinity, '1', null, 2 ** 31]],
  ['spin', [0, 1, 'true', null]],
  ['name', ['', 1, null]],
  [
    'env',
    [1, 'x', null, [], new Map(), { PORT: 80 }, { GONE: undefined }, { NODE_OPTIONS: '--no-such-flag' }],
  ],
  ['execArgv', ['--flag', [1], null, ['--no-such-flag']]],
  [
    'resourceLimits',
    [
      1,
      null,
      Symbol('limits'),
      [],
      { maxOldGenerationSizeMb: 'x' },
      { stackSizeMb: 0 },
      { codeRangeSizeMb: Infinity },
      { maxOldSpaceSizeMb: 64 },
    ],
  ],
  ['workerData', [() => {}, { deep: [Symbol('data')] }]],
  ['onUnobservedError', ['warn', null, {}]],
  ['threads', [4]],
  ['Workers', [4]],
];

describe('executor options', () => {
  test.each(bad.flatMap(([option, values]) => values.map((value) => [option, value] as const)))(
    '%s refuses %o',
    (option, value) => {
      const refuse = () => new Executor({ [option]: value });
      expect(refuse).toThrow(InvalidOptionError);
      expect(refuse).toThrow(
        expect.objectContaining({ option, value, message: expect.stringContaining(option) as string }),
      );
    },
  );

  test('what would have to move is no workerData', () => {
    const { port1 } = new MessageChannel();
    expect(() => new Executor({ workerData: port1 })).toThrow(InvalidOptionError);
    port1.close();
  });

  test('are not printed as a whole by an error that nobody catches', () => {
    const registry = Array.from({ length: 1000 }, (_, index) => ({ secret: index }));
    const error = thrownBy(() => new Executor({ onUnobservedError: registry as never }));
    expect(error).toMatchObject({ option: 'onUnobservedError', value: registry });
    expect(inspect(error)).not.toContain('secret');
    expect(JSON.stringify(error)).not.toContain('secret');
  });

  test('say which part of workerData cannot be cloned', () => {
    expect(() => new Executor({ workerData: { deep: [1, () => {}] } })).toThrow('workerData.deep[1]');
  });

  test.each([
    { env: process.env },
    { env: SHARE_ENV },
    { execArgv: ['--no-warnings'] },
    { workerData: new SharedArrayBuffer(8) },
    { resourceLimits: { stackSizeMb: 1.5, codeRangeSizeMb: undefined } },
  ])('takes %o', (options) => {
    expect(resolveExecutorOptions(options as ExecutorOptions)).toMatchObject(options);
  });

  test.each([null, 1, 'text'])('%o is no options', (options) => {
    expect(() => new Executor(options as never)).toThrow(InvalidOptionError);
  });

  test('defaults', () => {
    const { workers, ...others } = resolveExecutorOptions({});
    expect(workers).toBeGreaterThanOrEqual(1);
    expect(Number.isSafeInteger(workers)).toBe(true);
    expect(others).toMatchObject({
      maxPendingBytes: 256 * 2 ** 20,
      minWorkers: 0,
      idleTimeoutMs: Infinity,
      maxWaiting: Infinity,
      maxTasksPerWorker: Infinity,
      interruptGraceMs: 100,
      name: 'millrace',
    });
  });

  test('takes the ends of each range, and undefined as absent', () => {
    const options: ExecutorOptions = {
      workers: 1,
      minWorkers: 1,
      idleTimeoutMs: 0,
      maxPending: 0,
      maxPendingBytes: 1,
      maxWaiting: 0,
      maxTasksPerWorker: 1,
      interruptGraceMs: 0,
      execArgv: [],
      env: {},
      resourceLimits: { maxOldGenerationSizeMb: 64 },
    };
    expect(resolveExecutorOptions({ ...options, name: undefined } as never)).toMatchObject({
      ...options,
      name: 'millrace',
    });
  });
});
