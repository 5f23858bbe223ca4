import { availableWorkers } from 'millrace';
import type { Executor } from 'millrace';
import { expect } from 'vitest';
import { eventually } from '../support/eventually.ts';
import { testWith } from '../support/executor-test.ts';
import { work } from '../support/work.ts';

const workers = availableWorkers() + 4;

/** More workers than cores, all up, to whom `passIf` is known to be quick. */
const test = testWith({ workers }).extend<{ readonly taught: Executor }>({
  taught: async ({ executor }, use) => {
    await executor.ready();
    for (let calls = 0; calls < 300; calls++) await executor.run(work.passIf());
    await use(executor);
  },
});

test('tasks that were quick until now, and block, are spread over all workers', async ({
  gate,
  taught: executor,
}) => {
  const passed = Array.from({ length: workers }, () => executor.run(work.passIf(gate.shared)));
  await gate.arrivals(workers);
  // Over a cluster they are said to run when that has been heard.
  await eventually(() => expect(executor.stats()).toMatchObject({ running: workers, pending: 0 }));
  gate.open();
  await Promise.all(passed);
});

test('among them others run while all workers but one are blocked', async ({ gate, taught: executor }) => {
  for (let calls = 0; calls < 50; calls++) await executor.run(work.count(gate.shared, 0));
  const all: Promise<unknown>[] = [];
  for (let each = 0; each < workers - 1; each++) {
    all.push(executor.run(work.passIf(gate.shared)));
    for (let more = 0; more < 20; more++) all.push(executor.run(work.count(gate.shared, 0)));
  }
  await gate.arrivals(workers - 1);
  // Not their results: those of a batch may wait for the one that blocks.
  await gate.counted(50 + 20 * (workers - 1));
  // The last one has counted, and may not have returned.
  await eventually(() => expect(executor.stats().running).toBe(workers - 1));
  gate.open();
  await Promise.all(all);
});

test('tasks of which nothing is known are spread at once', async ({ gate, taught: executor }) => {
  const passed = Array.from({ length: workers }, () => executor.run(work.pass(gate.shared, 1)));
  await gate.arrivals(workers);
  gate.open();
  expect(await Promise.all(passed)).toEqual(passed.map(() => 1));
});
