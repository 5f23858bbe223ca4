import { createHistogram } from 'node:perf_hooks';
import type { Executor } from '../../index.ts';
import type { Measurement } from './figures.ts';
import { LineError } from './samples.ts';
import type { Sample } from './samples.ts';

/**
 * Keeps so many tasks outstanding: each client submits the next one when its last one is answered, a closed loop. No task
 * begins after `forMs`; those that are outstanding then are waited for and counted, so that a task that takes long is
 * counted for as long as it took.
 *
 * The samples are repeated as often as needed, and always from the first one: measurements have the same work to do.
 *
 * @throws {LineError} when a task has failed, after the others have ended: the measurement is worth nothing.
 */
export async function closedLoop(
  executor: Executor,
  samples: readonly Sample[],
  outstanding: number,
  forMs: number,
): Promise<Measurement> {
  // Of HdrHistogram: nanoseconds, three significant figures, and no more memory the longer it takes.
  const latency = createHistogram();
  let next = 0;
  const gate = { open: true };
  let failure: LineError | undefined;
  const client = async (): Promise<void> => {
    do {
      const { line, task } = samples[next++ % samples.length] as Sample;
      const start = performance.now();
      try {
        await executor.run(task);
      } catch (error) {
        failure ??= new LineError(line, error);
        gate.open = false;
        return;
      }
      latency.record(Math.max(1, Math.round((performance.now() - start) * 1e6)));
    } while (gate.open);
  };

  // A timer, because looking at the clock before each task would cost something of each.
  const timer = setTimeout(() => (gate.open = false), forMs);
  const cpu = process.cpuUsage();
  const loop = performance.eventLoopUtilization();
  const start = performance.now();
  await Promise.all(Array.from({ length: outstanding }, client));
  const seconds = (performance.now() - start) / 1000;
  const { user, system } = process.cpuUsage(cpu);
  const { utilization } = performance.eventLoopUtilization(loop);
  clearTimeout(timer);
  if (failure !== undefined) throw failure;
  return {
    perSecond: latency.count / seconds,
    p50Ms: latency.percentile(50) / 1e6,
    p99Ms: latency.percentile(99) / 1e6,
    cpus: (user + system) / 1e6 / seconds,
    mainThread: utilization,
  };
}
