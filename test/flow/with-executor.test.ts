import { Executor } from 'millrace';
import { buffered, Channel, Semaphore } from 'millrace/flow';
import { expect, test } from 'vitest';
import { collect } from '../support/settling.ts';
import { work } from '../support/work.ts';

test('streams, channels and semaphores hold back what an executor is given', async () => {
  await using executor = new Executor({ workers: 2, maxPending: 0 });
  const semaphore = new Semaphore(3);
  const inputs = new Channel<number>(2);
  let most = 0;
  const add = (n: number) => (signal: AbortSignal) =>
    semaphore.use(() => {
      const { waiting, running, pending } = executor.stats();
      most = Math.max(most, waiting + running + pending);
      return executor.run(work.add(n, n), { signal });
    });
  async function* thunks() {
    for await (const n of inputs) yield add(n);
  }
  const results = collect(buffered(thunks(), 8));
  for (let n = 0; n < 50; n++) await inputs.send(n);
  inputs.close();
  expect(await results).toEqual(Array.from({ length: 50 }, (_, n) => 2 * n));
  expect(most).toBeLessThanOrEqual(3);
});

test('a loop that is left cancels the tasks that it began', async () => {
  await using executor = new Executor({ workers: 1, maxPending: 10 });
  const tasks = Array.from(
    { length: 10 },
    (_, n) => (signal: AbortSignal) => executor.run(work.add(n, 1), { signal }),
  );
  for await (const result of buffered(tasks, 5)) {
    expect(result).toBe(1);
    break;
  }
  const { fulfilled, cancelled, submitted } = executor.stats();
  expect(fulfilled + cancelled).toBe(submitted);
});
