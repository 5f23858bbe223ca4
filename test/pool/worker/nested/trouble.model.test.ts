import { Executor, tasks } from 'millrace';
import type { ExecutorOptions, Future, Outcome } from 'millrace';
import fc from '../../../support/fast-check.ts';
import { expect, test } from 'vitest';
import type { Tree } from '../../../fixtures/nested.mjs';
import { Gate } from '../../../support/gate.ts';
import { rounds } from '../../../support/settling.ts';

const nested = tasks<typeof import('../../../fixtures/nested.mjs')>(
  new URL('../../../fixtures/nested.mjs', import.meta.url),
);

/** No further run is begun after this. */
const timeLimitMs = 8_000;

const how = fc.constantFrom<Tree['how'][]>('all', 'one', 'submit', 'stream', 'join', 'race');
const kind = fc.oneof(
  { weight: 30, arbitrary: fc.constant({ end: 'returns' as const, options: {} }) },
  { weight: 4, arbitrary: fc.constant({ end: 'returns' as const, options: { priority: 3 } }) },
  { weight: 4, arbitrary: fc.constant({ end: 'returns' as const, options: { retries: 1 } }) },
  { weight: 2, arbitrary: fc.constant({ end: 'throws' as const, options: {} }) },
  { weight: 1, arbitrary: fc.constant({ end: 'exits' as const, options: {} }) },
  { weight: 1, arbitrary: fc.constant({ end: 'exits' as const, options: { retries: 1 } }) },
  { weight: 2, arbitrary: fc.constant({ end: 'stops' as const, options: { timeoutMs: 5 } }) },
  { weight: 1, arbitrary: fc.constant({ end: 'spins' as const, options: { timeoutMs: 5 } }) },
);

function trees(levels: number): fc.Arbitrary<Tree> {
  const children = levels === 0 ? fc.constant<Tree[]>([]) : fc.array(trees(levels - 1), { maxLength: 3 });
  return (
    fc
      .record({ kind, how, children })
      .map(({ kind: { end, options: own }, ...rest }) => ({ ...rest, end, options: own }))
      // Nobody knows which task spins where another one has the thread and gives it turns: it can't be ended.
      .filter(({ how: waits, end }) => waits !== 'race' || end !== 'spins')
  );
}

/** One that need not wait for its children counts none of them. */
const valueOf = ({ how: waits, children }: Tree): number =>
  waits === 'race' ? 1 : children.reduce((sum, child) => sum + valueOf(child), 1);
const trouble = (tree: Tree): boolean => tree.end !== 'returns' || tree.children.some(trouble);
const crashes = ({ end, children }: Tree): boolean =>
  end === 'exits' || end === 'spins' || children.some(crashes);

const root = fc.record({
  tree: trees(3),
  /** Cancelled after so many rounds of the event loop. */
  cancelAfter: fc.option(fc.nat(20)),
  interrupt: fc.boolean(),
});

const options: fc.Arbitrary<ExecutorOptions> = fc.record({
  workers: fc.integer({ min: 1, max: 2 }),
  maxPending: fc.constantFrom(0, 1, 3, 100),
  maxTasksPerWorker: fc.constantFrom(1, 5, Infinity),
  interruptGraceMs: fc.constant(5),
});

type Root = typeof root extends fc.Arbitrary<infer T> ? T : never;

/** Is this how it may end, if any of them may take threads down, and the executor may be shut down meanwhile? */
function checkEnd(
  { tree, cancelAfter }: Root,
  end: Outcome<number>,
  all: readonly Root[],
  isShut: boolean,
): void {
  const name = end.status === 'fulfilled' ? '' : (end.reason as Error | undefined)?.name;
  if (end.status === 'fulfilled') expect(end.value).toBe(valueOf(tree));
  else if (end.status === 'cancelled')
    expect(end.reason === 'enough' ? cancelAfter !== null : isShut && name === 'ExecutorClosedError').toBe(
      true,
    );
  else if (end.status === 'rejected') {
    const isCrash = name === 'WorkerCrashedError' && all.some((each) => crashes(each.tree) || each.interrupt);
    expect(trouble(tree) || isCrash || isShut, `${name}`).toBe(true);
  }
}

/** Trees of tasks some of which crash, hang, are cancelled or run again, in threads that are replaced, until a shutdown. */
test('whatever befalls tasks that wait for tasks, all settle, and every place comes back', async () => {
  const property = fc.asyncProperty(
    options,
    fc.array(root, { minLength: 1, maxLength: 4 }),
    fc.option(
      fc.record({
        after: fc.nat(30),
        mode: fc.constantFrom('drain' as const, 'cancel' as const, 'kill' as const),
      }),
    ),
    async (given, roots, shutdown) => {
      const executor = new Executor(given);
      const closing =
        shutdown && rounds(shutdown.after).then(() => executor.shutdown({ mode: shutdown.mode }));
      await Promise.all(
        roots.map(async (each) => {
          const { tree, cancelAfter, interrupt } = each;
          let future: Future<number>;
          try {
            future = await executor.submit(nested.tree(tree), { ...tree.options, interrupt });
          } catch (error) {
            expect(closing !== null && (error as Error).name === 'ExecutorClosedError').toBe(true);
            return;
          }
          if (cancelAfter !== null) {
            await rounds(cancelAfter);
            future.cancel('enough', { interrupt });
          }
          checkEnd(each, await future.outcome(), roots, closing !== null);
        }),
      );
      if (closing === null) await expectFree(executor, given);
      await (closing ?? executor.shutdown());
      const { submitted, fulfilled, rejected, cancelled, refused, ...now } = executor.stats();
      expect(now).toMatchObject({
        busy: 0,
        running: 0,
        suspended: 0,
        pending: 0,
        waiting: 0,
        pendingBytes: 0,
      });
      expect(submitted).toBe(fulfilled + rejected + cancelled + refused);
    },
  );
  await fc.assert(property, { numRuns: 100, interruptAfterTimeLimit: timeLimitMs, timeout: 15_000 });
});

/** When nothing runs any more there are as many places as there were. */
async function expectFree(
  executor: Executor,
  { workers = 0, maxPending = 0 }: ExecutorOptions,
): Promise<void> {
  while (executor.stats().busy > 0) await rounds(1);
  const gate = new Gate();
  const submit = () => executor.trySubmit(nested.pass(gate.shared));
  const futures: Future<unknown>[] = [];
  for (let future = submit(); future !== null; future = submit()) futures.push(future);
  for (const future of futures) future.cancel();
  gate.open();
  expect(futures).toHaveLength(workers + maxPending);
}
