import type { Registry } from 'prom-client';
import type { Executor, ExecutorStats } from '../index.ts';
import { loadPeer } from './load-peer.ts';
import type { OverloadGate } from './overload-gate.ts';
import { observeHost } from './prometheus-host.ts';
import { observeTasks } from './prometheus-tasks.ts';

export interface PrometheusOptions {
  readonly executors: readonly Executor[];
  readonly gates?: readonly OverloadGate[];
  /** Default: prom-client's own. */
  readonly registry?: Registry;
  /** Measure the whole machine's CPU and memory as well. Default true. */
  readonly hostLoad?: boolean;
}

export interface PrometheusMetrics {
  readonly registry: Registry;
  /** Stops listening to tasks and measuring the machine; the registry keeps its metrics. */
  stop(): void;
}

type Increment = (labels: Record<string, string>, by: number) => void;

type Figure = readonly [name: string, help: string, of: (stats: ExecutorStats, executor: Executor) => number];

const gauges: readonly Figure[] = [
  ['millrace_workers', 'Worker threads', ({ workers }) => workers],
  ['millrace_workers_busy', 'Worker threads that have something to do', ({ busy }) => busy],
  ['millrace_capacity_tasks', 'Tasks admitted at the most', (_, { capacity }) => capacity],
  ['millrace_tasks_running', 'Tasks that a thread executes', ({ running }) => running],
  ['millrace_tasks_pending', 'Tasks admitted and not running', ({ pending }) => pending],
  ['millrace_tasks_waiting', 'Callers that wait for a place', ({ waiting }) => waiting],
  [
    'millrace_pending_bytes',
    'Bytes of arguments of tasks that have not started',
    (stats) => stats.pendingBytes,
  ],
  [
    'millrace_predicted_wait_seconds',
    'Expected time until a task submitted now begins',
    (_, executor) => (executor.forecast().waitMs ?? 0) / 1000,
  ],
];

const outcomes = ['fulfilled', 'rejected', 'cancelled', 'refused'] as const;

/**
 * Registers metrics of executors and gates with `prom-client`. Base units, totals for what only grows, and few labels: the
 * executor's name, the outcome, the worker's index, a request's class. (A label for each task's name would be a time
 * series for each; trace those.)
 *
 * The counts are read when they are scraped; only the two histograms listen to tasks.
 *
 * @throws {Error} with `code` `'ERR_PEER_MISSING'` without prom-client.
 */
export async function prometheusMetrics(options: PrometheusOptions): Promise<PrometheusMetrics> {
  const { Counter, Gauge, register } = (await loadPeer('prom-client', () => import('prom-client'))).default;
  const { executors, gates = [], registry = register, hostLoad = true } = options;
  const registers = [registry];
  const labelNames = ['executor'];
  for (const [name, help, of] of gauges) {
    const gauge: InstanceType<typeof Gauge> = new Gauge({
      name,
      help,
      labelNames,
      registers,
      collect() {
        for (const each of executors) gauge.set({ executor: each.name }, of(each.stats(), each));
      },
    });
  }
  /** A counter whose values are somebody else's: begins anew at each scrape. */
  const counter = (name: string, help: string, labels: string[], read: (inc: Increment) => void): void => {
    const made: InstanceType<typeof Counter> = new Counter({
      name,
      help,
      labelNames: labels,
      registers,
      collect() {
        made.reset();
        read((values, by) => made.inc(values, by));
      },
    });
  };
  counter('millrace_tasks_submitted_total', 'Tasks submitted', labelNames, (inc) => {
    for (const each of executors) inc({ executor: each.name }, each.stats().submitted);
  });
  counter('millrace_tasks_total', 'Tasks ended, by outcome', ['executor', 'outcome'], (inc) => {
    for (const each of executors) {
      const stats = each.stats();
      for (const outcome of outcomes) inc({ executor: each.name, outcome }, stats[outcome]);
    }
  });
  counter('millrace_worker_busy_seconds_total', 'Busy time of event loops', ['executor', 'worker'], (inc) => {
    for (const each of executors) {
      for (const [worker, { activeMs }] of each.workerLoopTimes().entries()) {
        inc({ executor: each.name, worker: String(worker) }, activeMs / 1000);
      }
    }
  });
  counter('millrace_requests_refused_total', 'Requests answered with 503', ['executor', 'class'], (inc) => {
    for (const { executor, refused } of gates) {
      for (const [name, count] of Object.entries(refused))
        inc({ executor: executor.name, class: name }, count);
    }
  });
  const stopHistograms = await observeTasks(registry, new Set(executors.map(({ name }) => name)));
  const stopHostLoad = hostLoad ? await observeHost(registry) : () => {};
  return {
    registry,
    stop() {
      stopHistograms();
      stopHostLoad();
    },
  };
}
