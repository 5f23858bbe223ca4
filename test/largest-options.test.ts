import { asCompleted, Executor, InvalidOptionError, wait } from 'millrace';
import type { ExecutorOptions, TaskOptions } from 'millrace';
import { buffered, bufferUnordered, Channel, RateLimiter, Semaphore } from 'millrace/flow';
import { OverloadGate } from 'millrace/http';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { collect } from './support/settling.ts';
import { work } from './support/work.ts';

const longest = 2 ** 31 - 1;
const most = Number.MAX_SAFE_INTEGER;
const isInfinity = Infinity;

let warnings: string[] = [];
const warned = ({ name }: Error) => void warnings.push(name);
beforeEach(() => {
  warnings = [];
  process.on('warning', warned);
});
afterEach(() => {
  process.off('warning', warned);
  expect(warnings).toEqual([]);
});

const later = () => work.later('done');

async function inExecutor(options: ExecutorOptions): Promise<void> {
  await using executor = new Executor({ workers: 1, ...options });
  expect(await executor.run(later())).toBe('done');
  expect(await collect(executor.map([1, 2], () => later()))).toEqual(['done', 'done']);
}

async function asTask(options: TaskOptions): Promise<void> {
  await using executor = new Executor({ workers: 1, maxPending: 0 });
  const first = executor.run(later(), options);
  const waits = executor.run(later(), options);
  expect(await Promise.all([first, waits])).toEqual(['done', 'done']);
}

async function withFutures(use: (executor: Executor) => Promise<unknown>): Promise<void> {
  await using executor = new Executor({ workers: 1 });
  await use(executor);
}

/** What each option does at its largest value, and the next one, which is refused; Infinity where that is the largest. */
const options: Record<
  string,
  readonly [largest: number, use: (value: number) => Promise<void>, beyond: number]
> = {
  maxPending: [most, (maxPending) => inExecutor({ maxPending }), most + 1],
  maxPendingBytes: [most, (maxPendingBytes) => inExecutor({ maxPendingBytes }), most + 1],
  maxWaiting: [isInfinity, (maxWaiting) => inExecutor({ maxWaiting }), NaN],
  'maxWaiting, an integer': [most, (maxWaiting) => inExecutor({ maxWaiting }), most + 1],
  maxTasksPerWorker: [most, (maxTasksPerWorker) => inExecutor({ maxTasksPerWorker }), most + 1],
  maxBytesPerWorker: [most, (maxBytesPerWorker) => inExecutor({ maxBytesPerWorker }), most + 1],
  teardownTimeoutMs: [longest, (teardownTimeoutMs) => inExecutor({ teardownTimeoutMs }), longest + 1],
  interruptGraceMs: [longest, (interruptGraceMs) => inExecutor({ interruptGraceMs }), longest + 1],
  idleTimeoutMs: [longest, (idleTimeoutMs) => inExecutor({ idleTimeoutMs }), longest + 1],
  timeoutMs: [longest, (timeoutMs) => asTask({ timeoutMs }), longest + 1],
  'timeoutMs, interrupted': [longest, (timeoutMs) => asTask({ timeoutMs, interrupt: true }), longest + 1],
  deadlineMs: [longest, (deadlineMs) => asTask({ deadlineMs }), longest + 1],
  maxWaitMs: [longest, (maxWaitMs) => asTask({ maxWaitMs }), longest + 1],
  priority: [most, (priority) => asTask({ priority }), most + 1],
  retries: [most, (retries) => asTask({ retries }), most + 1],
  'timeoutMs of asCompleted': [
    longest,
    (timeoutMs) =>
      withFutures(async (executor) => {
        const future = await executor.submit(later());
        expect(await collect(asCompleted([future], { timeoutMs }))).toEqual([future]);
      }),
    longest + 1,
  ],
  'timeoutMs of wait': [
    longest,
    (timeoutMs) =>
      withFutures(async (executor) => {
        const future = await executor.submit(later());
        expect((await wait([future], { timeoutMs })).done).toEqual([future]);
      }),
    longest + 1,
  ],
  'window of map': [
    most,
    (window) =>
      withFutures(async (executor) =>
        expect(await collect(executor.map([1, 2], () => later(), { window }))).toEqual(['done', 'done']),
      ),
    most + 1,
  ],
  'window of asCompleted': [
    most,
    (window) =>
      withFutures(async (executor) =>
        expect(await collect(executor.asCompleted([later(), later()], { window }))).toHaveLength(2),
      ),
    most + 1,
  ],
  permits: [
    most,
    async (permits) => {
      const semaphore = new Semaphore(permits);
      expect(await semaphore.use(() => 'used', { n: permits })).toBe('used');
    },
    most + 1,
  ],
  capacity: [
    most,
    async (capacity) => {
      const channel = new Channel<number>(capacity);
      await channel.send(1);
      expect(await channel.receive()).toBe(1);
    },
    most + 1,
  ],
  limit: [
    most,
    async (limit) => expect(await new RateLimiter({ limit, perMs: 1000 }).use(() => 'used')).toBe('used'),
    most + 1,
  ],
  perMs: [
    most,
    async (perMs) => expect(await new RateLimiter({ limit: 1, perMs }).use(() => 'used')).toBe('used'),
    Infinity,
  ],
  burst: [
    most,
    async (burst) =>
      expect(await new RateLimiter({ limit: 1, perMs: 1000, burst }).use(() => 'used')).toBe('used'),
    most + 1,
  ],
  'n of buffered': [
    most,
    async (n) => expect(await collect(buffered([async () => 1], n))).toEqual([1]),
    most + 1,
  ],
  'n of bufferUnordered': [
    most,
    async (n) => expect(await collect(bufferUnordered([async () => 1], n))).toEqual([1]),
    most + 1,
  ],
  closeMs: [
    longest,
    (closeMs) =>
      withFutures(async (executor) => {
        expect(new OverloadGate(executor, { closeMs })).toBeInstanceOf(OverloadGate);
      }),
    longest + 1,
  ],
};

describe('at its largest value does what it is for, and not at once what is due in weeks:', () => {
  test.each(Object.keys(options))('%s', async (name) => {
    const [largest, use] = options[name] as (typeof options)[string];
    await expect(use(largest)).resolves.not.toThrow();
  });
});

describe('beyond its largest value is refused:', () => {
  test.each(Object.keys(options))('%s', async (name) => {
    const [, use, beyond] = options[name] as (typeof options)[string];
    await expect(use(beyond)).rejects.toThrow(InvalidOptionError);
  });
});
