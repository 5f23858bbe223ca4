import type { Registry } from 'prom-client';
import { InvalidOptionError } from '../index.ts';
import type { Executor } from '../index.ts';
import { boolean, checkOptions, show } from '../base/options.ts';
import type { OptionChecks } from '../base/options.ts';
import { optionalPeer } from '../base/optional-peer.ts';
import { OverloadGate } from '../server/overload-gate.ts';
import { IncidentCounts } from './incident-counts.ts';
import { listOf, namedExecutors } from './metric-sources.ts';
import { executorCounters, gateCounters, gauges } from './prometheus-figures.ts';
import type { CounterFigure } from './prometheus-figures.ts';
import { observeHost } from './prometheus-host.ts';
import { observeTasks } from './prometheus-tasks.ts';

export interface PrometheusOptions {
  /** The executors to measure. Their names must differ. */
  readonly executors: readonly Executor[];
  readonly gates?: readonly OverloadGate[];
  /** Default: prom-client's default registry. */
  readonly registry?: Registry;
  /** Measure the CPU and memory of the whole machine as well. Default true. */
  readonly hostLoad?: boolean;
}

export interface PrometheusMetrics {
  readonly registry: Registry;
  /** Stops listening to tasks and measuring the machine; the registry keeps its metrics. */
  stop(): void;
}

const checks: OptionChecks<PrometheusOptions> = {
  executors: namedExecutors,
  gates: listOf(OverloadGate),
  registry(option, value) {
    if (typeof (value as Partial<Registry> | null)?.registerMetric === 'function') return;
    const message = `${option} must be a Registry of prom-client, not ${show(value)}`;
    throw new InvalidOptionError(option, value, message);
  },
  hostLoad: boolean,
};

/**
 * Registers metrics of executors and gates with `prom-client`. Uses base units, counters for totals, and few labels: the
 * executor's name, the outcome, the worker's index, a request's class. (A label for the task's name would make a time series for
 * each task; use tracing for that.)
 *
 * Reads the counts when the metrics are scraped; only the two histograms listen to tasks.
 *
 * @throws {InvalidOptionError} for an unknown option or a bad value; `PeerError` without prom-client, or with one before 15.
 */
export async function prometheusMetrics(options: PrometheusOptions): Promise<PrometheusMetrics> {
  const given = checkOptions('metrics option', options, checks);
  const { executors, gates = [], hostLoad = true } = given;
  checks.executors('executors', executors);
  const { Counter, Gauge, register } = (
    await optionalPeer('prom-client', 'prometheusMetrics()', () => import('prom-client'))
  ).default;
  const { registry = register } = given;
  const registers = [registry];
  for (const [name, help, of] of gauges) {
    const gauge: InstanceType<typeof Gauge> = new Gauge({
      name,
      help,
      labelNames: ['executor'],
      registers,
      collect() {
        for (const each of executors) gauge.set({ executor: each.name }, of(each.stats(), each));
      },
    });
  }
  /** A counter whose values Millrace keeps elsewhere: it is reset and set at each scrape. */
  const count = <T>(
    [name, help, labels, read]: CounterFigure<T>,
    of: readonly T[],
    nameOf: (source: T) => string,
  ): void => {
    const counter: InstanceType<typeof Counter> = new Counter({
      name,
      help,
      labelNames: ['executor', ...labels],
      registers,
      collect() {
        counter.reset();
        for (const each of of) {
          read(each, (value, own) => counter.inc({ executor: nameOf(each), ...own }, value));
        }
      },
    });
  };
  for (const figure of executorCounters) count(figure, executors, ({ name }) => name);
  for (const figure of gateCounters) count(figure, gates, ({ executor }) => executor.name);
  const incidents = new IncidentCounts(executors);
  const byWhy = (
    name: string,
    help: string,
    of: (counts: IncidentCounts) => ReadonlyMap<number, ReadonlyMap<string, number>>,
  ) =>
    count<Executor>(
      [
        name,
        help,
        ['why'],
        ({ executorId }, tell) => {
          for (const [why, value] of of(incidents).get(executorId) ?? []) tell(value, { why });
        },
      ],
      executors,
      ({ name: executor }) => executor,
    );
  byWhy('millrace_tasks_failed_total', 'Tasks that did not succeed, by why', ({ failures }) => failures);
  byWhy('millrace_worker_ends_total', 'Worker threads that have ended, by why', ({ ends }) => ends);
  const stopHistograms = await observeTasks(registry, new Set(executors.map(({ name }) => name)));
  const stopHostLoad = hostLoad ? await observeHost(registry) : () => {};
  return {
    registry,
    stop() {
      incidents.stop();
      stopHistograms();
      stopHostLoad();
    },
  };
}
