import type { Registry } from 'prom-client';
import { Executor, InvalidOptionError } from '../index.ts';
import { boolean, checkOptions, show } from '../base/options.ts';
import type { OptionChecks } from '../base/options.ts';
import { optionalPeer } from '../base/optional-peer.ts';
import { OverloadGate } from '../server/overload-gate.ts';
import { executorCounters, gateCounters, gauges } from './prometheus-figures.ts';
import type { CounterFigure } from './prometheus-figures.ts';
import { observeHost } from './prometheus-host.ts';
import { observeTasks } from './prometheus-tasks.ts';

export interface PrometheusOptions {
  /** Their names tell them apart, and have to differ. */
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

const checks: OptionChecks<PrometheusOptions> = {
  executors(option, value) {
    listOf(Executor)(option, value);
    const names = (value as Executor[]).map(({ name }) => name);
    const twice = names.find((name, index) => names.indexOf(name) !== index);
    if (twice === undefined) return;
    const message = `${option} must have names that differ, not two of the name ${show(twice)}`;
    throw new InvalidOptionError(option, value, message);
  },
  gates: listOf(OverloadGate),
  registry(option, value) {
    if (typeof (value as Partial<Registry> | null)?.registerMetric === 'function') return;
    const message = `${option} must be a Registry of prom-client, not ${show(value)}`;
    throw new InvalidOptionError(option, value, message);
  },
  hostLoad: boolean,
};

/**
 * Registers metrics of executors and gates with `prom-client`. Base units, totals for what only grows, and few labels: the
 * executor's name, the outcome, the worker's index, a request's class. (A label for each task's name would be a time
 * series for each; trace those.)
 *
 * The counts are read when they are scraped; only the two histograms listen to tasks.
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
  /** Its values are somebody else's: it begins anew at each scrape. */
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

function listOf(type: abstract new (...args: never[]) => unknown) {
  return (option: string, value: unknown): void => {
    if (Array.isArray(value) && value.every((each) => each instanceof type)) return;
    const message = `${option} must be an array of ${type.name}s, not ${show(value)}`;
    throw new InvalidOptionError(option, value, message);
  };
}
