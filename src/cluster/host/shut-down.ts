import type { Executor } from '../../index.ts';
import type { Grace } from './grace.ts';

/**
 * Shuts the executor of a host down. Modules tear down what they have set up, unless a thread is at work when the grace is over: also
 * at what nobody wants any more.
 *
 * @param teardown ends the teardown as well.
 */
export async function shutDown(executor: Executor, grace: Grace, teardown: Grace): Promise<void> {
  const kill = (): void => void executor.shutdown({ mode: 'kill' });
  const killed = grace.after(0, () => {
    if (executor.stats().busy > 0) kill();
  });
  const cutShort = teardown.after(0, kill);
  await executor.shutdown();
  killed();
  cutShort();
}
