import { asCompleted, Executor } from 'millrace';
import type { Future } from 'millrace';
import { expect, test } from 'vitest';
import { faults } from '../support/faults.ts';
import { Gate } from '../support/gate.ts';
import { generators } from '../support/generators.ts';
import { runScript } from '../support/run-script.ts';
import { collect, reasonOf } from '../support/settling.ts';

/** An executor that writes down what is reported to it. */
function start() {
  const reports: Future<unknown>[] = [];
  const executor = new Executor({ workers: 1, onUnobservedError: (future) => reports.push(future) });
  return { executor, reports };
}

test('each failure that nobody read is reported once, with its task, its label and its reason', async () => {
  const { executor, reports } = start();
  const kept = [
    await executor.submit(faults.reject('no')),
    await executor.submit(faults.exitNow(3), { label: 'the culprit' }),
    await executor.submit(faults.withGetter()),
    await executor.submit(faults.settlesNever(), { timeoutMs: 5 }),
  ];
  await executor.shutdown();
  expect(kept.every(({ done }) => done)).toBe(true);
  const told = await Promise.all(reports.map((future) => future.outcome()));
  expect(told.map(({ status, future }) => [status, future.id, future.task.name])).toEqual([
    ['rejected', 1, 'reject'],
    ['rejected', 2, 'exitNow'],
    ['rejected', 3, 'withGetter'],
    ['rejected', 4, 'settlesNever'],
  ]);
  expect(told.map((outcome) => (outcome.status === 'fulfilled' ? '' : String(outcome.reason)))).toEqual([
    'no',
    expect.stringContaining('the culprit'),
    expect.stringContaining('DataCloneError'),
    expect.stringContaining('TaskTimeoutError'),
  ]);
  await executor.shutdown();
  expect(reports).toHaveLength(4);
});

test('nothing is reported that was read, was cancelled, or was refused', async () => {
  const { executor, reports } = start();
  const gate = new Gate();
  const failed = await executor.submit(faults.reject('read'));
  expect(await failed.outcome()).toMatchObject({ reason: 'read' });
  const asked = await executor.submit(faults.reject('asked for before'));
  const result = asked.result().catch((error: unknown) => error);
  const running = await executor.submit(faults.pass(gate.shared));
  const cancelled = await executor.submit(faults.echo(1));
  cancelled.cancel();
  gate.open();
  await executor.shutdown();
  expect(() => executor.trySubmit(faults.echo(1))).toThrow();
  expect([await result, running.state]).toEqual(['asked for before', 'fulfilled']);
  expect(reports).toEqual([]);
});

test('a loop that is left reads no more: what fails then is reported nowhere', async () => {
  const { executor, reports } = start();
  const items = [1, 2, 3, 4];
  expect(await reasonOf(collect(executor.map(items, (n) => faults.reject(n))))).toBe(1);
  expect(await reasonOf(collect(executor.map(items, (n) => faults.reject(n), { ordered: false })))).toBe(1);
  const failing = items.map((n) => faults.reject(n));
  for await (const future of executor.asCompleted(failing))
    if ((await reasonOf(future.result())) === 2) break;
  await executor.shutdown();
  expect(reports).toEqual([]);
});

test('a crash that nobody read is a warning with its label, and no unhandled rejection', async () => {
  const { code, stdout, stderr } = await runScript(`
    const executor = new Executor({ workers: 1 });
    globalThis.kept = await executor.submit(faults.exitNow(7), { label: 'thumbnail 12' });
    console.log(await executor.run(work.echo('on')));
    await executor.shutdown();
  `);
  expect({ code, stdout }).toEqual({ code: 0, stdout: 'on\n' });
  expect(stderr.match(/MillraceUnobservedError/g)).toHaveLength(1);
  expect(stderr).toContain('thumbnail 12');
  expect(stderr).toContain('exit code 7');
});

test('an error that the handler throws is the process’s own, and the shutdown ends', async () => {
  const { code, stdout } = await runScript(`
    process.on('uncaughtException', (error) => console.log('uncaught', error.message));
    const onUnobservedError = () => { throw new Error('handler'); };
    const executor = new Executor({ workers: 1, onUnobservedError });
    globalThis.kept = [await executor.submit(work.reject(1)), await executor.submit(work.reject(2))];
    await executor.shutdown();
    console.log('closed');
  `);
  expect({ code, stdout: stdout.split('\\n').toSorted() }).toMatchObject({ code: 0 });
  expect(stdout.match(/uncaught handler/g)).toHaveLength(2);
  expect(stdout).toContain('closed');
});

const three = [1, 2, 3];
const loops: Record<string, (executor: Executor) => AsyncIterable<unknown>> = {
  asCompleted: (executor) => executor.asCompleted(three.map((n) => faults.reject(n))),
  'asCompleted() of futures': (executor) =>
    asCompleted(three.map((n) => executor.trySubmit(faults.reject(n)) as Future<unknown>)),
  map: (executor) => executor.map(three, (n) => faults.reject(n), { outcomes: true }),
  'map, unordered': (executor) =>
    executor.map(three, (n) => faults.reject(n), { outcomes: true, ordered: false }),
  'map, which throws': (executor) =>
    executor.map(three, (n) => (n === 1 ? faults.echo(n) : faults.reject(n))),
  iterate: (executor) => executor.iterate(generators.thenThrow(1, 'late')),
  flatMap: (executor) => executor.flatMap(three, (n) => generators.thenThrow(n, 'late'), { concurrency: 3 }),
};

test.each(Object.entries(loops))(
  'what %s holds for a slow reader is not reported when the executor has shut down meanwhile',
  async (_, open) => {
    const { executor, reports } = start();
    let read = 0;
    const reading = (async () => {
      for await (const step of open(executor)) {
        // All have ended, and so does the executor, before the reader asks for more.
        if (read++ === 0) await executor.shutdown();
        if (typeof step === 'object' && step !== null && 'outcome' in step)
          await (step as Future<unknown>).outcome();
      }
    })();
    await reading.catch(() => {});
    expect(read).toBeGreaterThan(0);
    expect(executor.stats().rejected).toBeGreaterThan(0);
    expect(reports).toEqual([]);
  },
);

test('what a reader has got from a loop, and gone on from without a look, is reported with the shutdown', async () => {
  const { executor, reports } = start();
  const futures = three.map((n) => executor.trySubmit(faults.reject(n)) as Future<unknown>);
  for await (const future of asCompleted(futures)) expect(future.state).toBe('rejected');
  for await (const future of executor.asCompleted(three.map((n) => faults.reject(n))))
    expect(future.state).toBe('rejected');
  const left = executor.asCompleted(three.map((n) => faults.reject(n)));
  await left.next();
  await left.return?.();
  await executor.shutdown();
  expect(reports.map(({ id }) => id)).toEqual([1, 2, 3, 4, 5, 6, 7]);
});

test('what a loop held for a reader that never came back is reported when the process has nothing more to do', async () => {
  const { code, stdout } = await runScript(`
    const onUnobservedError = (future) => console.log('unobserved', future.id);
    const executor = new Executor({ workers: 1, onUnobservedError });
    globalThis.loop = executor.asCompleted([1, 2, 3].map((n) => work.reject(n)));
    await (await loop.next()).value.outcome();
    await executor.shutdown();
    console.log('closed');
  `);
  expect({ code, stdout }).toEqual({ code: 0, stdout: 'closed\nunobserved 2\nunobserved 3\n' });
});

test('what nobody has read is reported when the process has nothing more to do, without a shutdown', async () => {
  const { code, stdout } = await runScript(`
    const onUnobservedError = (future) => console.log('unobserved', future.id);
    let executor = new Executor({ workers: 1, onUnobservedError });
    await executor.submit(work.reject(1));
    await executor.run(work.reject(2)).catch(() => console.log('read'));
    executor = undefined;
    globalThis.gc?.();
    console.log('done');
  `);
  expect({ code, stdout }).toEqual({ code: 0, stdout: 'read\ndone\nunobserved 1\n' });
});
