import { createHistogram } from 'node:perf_hooks';
import type { Executor } from '../../index.ts';
import type { Measurement } from './figures.ts';
import { LineError } from './samples.ts';
import type { Sample } from './samples.ts';

/**
 * Keeps a fixed number of tasks outstanding, a closed loop: each client submits its next task when its last one is
 * answered. After `forMs` milliseconds no client submits another. Tasks that are outstanding then are awaited and counted,
 * and the rate is taken over the whole time, so that long tasks do not distort it.
 *
 * Each measurement begins with the first sample and repeats the samples as needed, so that all have the same work to do.
 *
 * @throws {LineError} if a task has failed, once the outstanding ones have ended; the measurement is discarded.
 */
export async function closedLoop(
  executor: Executor,
  samples: readonly Sample[],
  outstanding: number,
  forMs: number,
): Promise<Measurement> {
  // An HdrHistogram in nanoseconds with three significant digits; its memory does not grow with the number of tasks.
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

  // A timer closes the gate, so that the clients need not compare times.
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
