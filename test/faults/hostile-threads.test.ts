import { tasks, WorkerCrashedError } from 'millrace';
import type { Future, Outcome, Task } from 'millrace';
import { describe, expect } from 'vitest';
import { readMessage } from '../../src/pool/wire/read-message.ts';
import { kinds } from '../fixtures/hostile.mjs';
import { testWith } from '../support/executor-test.ts';
import type { MakeExecutor } from '../support/executor-test.ts';
import { Gate } from '../support/gate.ts';

const test = testWith({ workers: 1 });

const hostile = tasks<typeof import('../fixtures/hostile.mjs')>(
  new URL('../fixtures/hostile.mjs', import.meta.url),
);

const harmless = (): Task<unknown>[] => [
  hostile.echo('echo'),
  hostile.later('later'),
  hostile.bytes('bytes'),
  hostile.fails('fails'),
  hostile.nested('nested'),
  hostile.echo('last'),
];
const right = ['echo', 'later', 'bytes', 'RangeError: fails', 'nested', 'last'];

/** Runs the culprit in the midst of a batch, with the same harmless tasks before and behind it. */
async function around(makeExecutor: MakeExecutor, culprit: Task<unknown>, execArgv: string[] = []) {
  const executor = makeExecutor({ workers: 2, maxPending: 100, teardownTimeoutMs: 500, execArgv });
  for (const task of [...harmless(), ...harmless()]) await (await executor.submit(task)).outcome();
  const gate = new Gate();
  const beside = executor.run(hostile.pass(gate.shared, 'beside'));
  await gate.arrivals(1);
  const held = new Gate();
  const first = executor.run(hostile.pass(held.shared));
  await held.arrivals(1);
  const submit = (some: readonly Task<unknown>[]) => Promise.all(some.map((each) => executor.submit(each)));
  const before = await submit(harmless());
  const own = await executor.submit(culprit);
  const behind = await submit(harmless());
  held.open();
  await first;
  const ends = (futures: readonly Future<unknown>[]) =>
    Promise.all(futures.map(async (future) => seen(await future.outcome())));
  const all = { before: await ends(before), behind: await ends(behind), culprit: await own.outcome() };
  gate.open();
  expect(await beside, 'in another thread').toBe('beside');
  await executor.shutdown();
  return all;
}

function seen(outcome: Outcome<unknown>): string {
  if (outcome.status === 'fulfilled') return String(outcome.value);
  return outcome.reason instanceof WorkerCrashedError ? 'crashed' : String(outcome.reason);
}

/** One that waits for a task of its own in a thread that ends is lost with it. */
const unlessLost = (end: string, index: number) => (index === 4 && end === 'crashed' ? right[4] : end);

/** After these a thread may end before it has sent what had finished in it: that is lost with it, too. */
const silencing: readonly string[] = ['array methods that do nothing', 'array methods that throw'];
const unlessSilenced = (end: string, index: number) => (end === 'crashed' ? right[index] : end);

describe('a task leaves its thread to others as they know it, or ends it, after', () => {
  test.for(kinds)('%s', async (kind, { makeExecutor }) => {
    const { before, behind, culprit } = await around(makeExecutor, hostile.does(kind));
    // Which of them run in its thread, and on which side of it, changes: what waits behind a busy thread is taken back.
    for (const ends of [before, behind])
      expect(ends.map(silencing.includes(kind) ? unlessSilenced : unlessLost)).toEqual(right);
    if (culprit.status === 'rejected') expect(culprit.reason).toBeInstanceOf(WorkerCrashedError);
  });
});

describe('a field that every object of the thread has', () => {
  const fields = ['kind', 'values', 'failures', 'targets', 'moved', 'left', 'then'];
  const hows = ['an object', 'what can’t be changed', 'a getter that throws'];
  test.for(fields.flatMap((field) => hows.map((how) => [field, how] as const)))(
    '%s: %s',
    async ([field, how], { makeExecutor }) => {
      const { before, behind } = await around(makeExecutor, hostile.everyObjectHas(field, how));
      expect([...before, ...behind]).toHaveLength(2 * right.length);
      // Whatever is awaited has a `then` now.
      if (field !== 'then') for (const ends of [before, behind]) expect(ends.map(unlessLost)).toEqual(right);
    },
  );
});

test('a task gets hold of no port of its thread', async ({ executor }) => {
  expect(await executor.run(hostile.ports())).toBe(0);
});

describe('what comes on a port of a thread and makes no sense ends that thread, and harms no other', () => {
  test.for([
    null,
    undefined,
    1,
    'text',
    [],
    [1e9, 'an answer to nothing'],
    {},
    { kind: 'constructor' },
    { kind: 'answers' },
    { kind: 'answers', id: 1e9, from: 0, last: true, values: [] },
    { kind: 'unread', unread: 1 },
    { kind: 'left', left: [1] },
    { kind: 'broken', why: 'why' },
    { fd: 1, chunk: 1 },
  ])('%j', async (junk, { makeExecutor }) => {
    const preload = new URL('../fixtures/stolen-ports.mjs', import.meta.url).href;
    const { behind } = await around(makeExecutor, hostile.posts(junk), ['--import', preload]);
    expect(behind).toHaveLength(right.length);
  });
});

test('a message is read only if it is what it says it is', () => {
  const answers = { kind: 'answers', id: 0, from: 0, last: true, values: [1] };
  expect(readMessage(answers)).toBe(answers);
  for (const wrong of [
    { ...answers, values: 'ab' },
    { ...answers, from: -0.5 },
    { ...answers, failures: [[1, {}]] },
    { kind: 'call', call: 0, batch: 0, position: 0, module: 1, name: 'x', args: [], options: {} },
    { kind: 'waits', waits: -1, seen: 0, from: { batch: 0, position: 0, claims: new SharedArrayBuffer(8) } },
    { kind: '__proto__' },
    null,
  ])
    expect(() => readMessage(wrong)).toThrow(TypeError);
});

test('a task that empties arrays does not return less than it did: called alone, too', async ({
  executor,
}) => {
  // The second call travels alone.
  for (const _ of [1, 2]) expect(await executor.run(hostile.listing(false))).toEqual({ list: [1, 2] });
  const outcome = await (await executor.submit(hostile.listing(true))).outcome();
  expect(outcome).toMatchObject({ status: 'fulfilled', value: { list: [1, 2] } });
  expect(await executor.run(hostile.listing(false))).toEqual({ list: [1, 2] });
});
