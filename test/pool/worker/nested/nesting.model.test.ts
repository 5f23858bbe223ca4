import { Executor, tasks } from 'millrace';
import fc from '../../../support/fast-check.ts';
import { expect, test } from 'vitest';
import type { Tree } from '../../../fixtures/nested.mjs';

const nested = tasks<typeof import('../../../fixtures/nested.mjs')>(
  new URL('../../../fixtures/nested.mjs', import.meta.url),
);

/** No further run is begun after this. */
const timeLimitMs = 10_000;

const how = fc.constantFrom<Tree['how'][]>('all', 'one', 'submit', 'stream', 'join');
const end = fc.oneof(
  { weight: 20, arbitrary: fc.constant('returns' as const) },
  fc.constant('throws' as const),
);

function trees(levels: number): fc.Arbitrary<Tree> {
  const children = levels === 0 ? fc.constant<Tree[]>([]) : fc.array(trees(levels - 1), { maxLength: 3 });
  return fc.record({ how, children, end, options: fc.constant({}) });
}

const sizeOf = ({ children }: Tree): number => children.reduce((sum, child) => sum + sizeOf(child), 1);
const fails = ({ children, end: ends }: Tree): boolean => ends === 'throws' || children.some(fails);

/** Trees of tasks that wait for each other in every way there is, in executors of every size; some are cancelled. */
test('every tree of tasks comes to its end, and leaves nothing behind', async () => {
  const executors = new Map<string, Executor>();
  const executorOf = (workers: number, maxPending: number) => {
    const key = `${workers} ${maxPending}`;
    if (!executors.has(key)) executors.set(key, new Executor({ workers, maxPending }));
    return executors.get(key) as Executor;
  };
  const property = fc.asyncProperty(
    fc.array(
      fc.record({
        tree: trees(4),
        cancelled: fc.oneof({ weight: 5, arbitrary: fc.constant(false) }, fc.constant(true)),
      }),
      {
        minLength: 1,
        maxLength: 5,
      },
    ),
    fc.integer({ min: 1, max: 3 }),
    fc.integer({ min: 0, max: 3 }),
    async (roots, workers, maxPending) => {
      const executor = executorOf(workers, maxPending);
      const most = { running: 0, admitted: 0 };
      const look = () => {
        const { running, pending } = executor.stats();
        most.running = Math.max(most.running, running);
        most.admitted = Math.max(most.admitted, running + pending);
      };
      const ends = await Promise.all(
        roots.map(async ({ tree, cancelled }) => {
          const future = await executor.submit(nested.tree(tree));
          look();
          if (cancelled) setImmediate(() => future.cancel('enough'));
          const outcome = await future.outcome();
          look();
          return outcome;
        }),
      );
      for (const [index, end] of ends.entries()) {
        const { tree, cancelled } = roots[index] as (typeof roots)[number];
        if (end.status === 'fulfilled') expect(end.value).toBe(sizeOf(tree));
        else if (end.status === 'cancelled') expect(cancelled && end.reason === 'enough').toBe(true);
        else expect(fails(tree)).toBe(true);
        if (fails(tree)) expect(end.status).not.toBe('fulfilled');
      }
      expect(most.running).toBeLessThanOrEqual(workers);
      expect(most.admitted).toBeLessThanOrEqual(workers + maxPending);
      // What was cancelled may still be on its way out of the threads.
      while (executor.stats().busy > 0) await new Promise((resolve) => setImmediate(resolve));
      const { submitted, fulfilled, rejected, cancelled, refused, ...now } = executor.stats();
      expect(now).toMatchObject({
        running: 0,
        suspended: 0,
        pending: 0,
        waiting: 0,
        pendingBytes: 0,
        saturated: false,
      });
      expect(submitted).toBe(fulfilled + rejected + cancelled + refused);
    },
  );
  try {
    await fc.assert(property, { numRuns: 150, interruptAfterTimeLimit: timeLimitMs });
  } finally {
    await Promise.all([...executors.values()].map((executor) => executor.shutdown({ mode: 'kill' })));
  }
});
