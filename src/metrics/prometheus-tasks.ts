import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import type { Registry } from 'prom-client';
import type { TaskSettleMessage } from '../index.ts';

/** Upper bounds of the histograms, in seconds. */
const buckets = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

/**
 * Histograms of the run and wait times of these executors' tasks, by executor name. Listening costs each task some
 * microseconds.
 *
 * @returns a function that stops listening.
 */
export async function observeTasks(registry: Registry, names: ReadonlySet<string>): Promise<() => void> {
  const { Histogram } = (await import('prom-client')).default;
  const common = { labelNames: ['executor'], buckets, registers: [registry] };
  const run = new Histogram({ name: 'millrace_task_run_seconds', help: 'From start to end', ...common });
  const wait = new Histogram({
    name: 'millrace_task_wait_seconds',
    help: 'From submission to start',
    ...common,
  });
  const listener = (message: unknown): void => {
    const { executor, future } = message as TaskSettleMessage;
    const { submittedAt, startedAt, endedAt } = future.timing;
    if (startedAt === undefined || !names.has(executor)) return;
    wait.observe({ executor }, (startedAt - submittedAt) / 1000);
    if (endedAt !== undefined) run.observe({ executor }, (endedAt - startedAt) / 1000);
  };
  subscribe('millrace:task:settle', listener);
  return () => void unsubscribe('millrace:task:settle', listener);
}
