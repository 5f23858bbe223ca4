import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import type { Attributes, MeterProvider, ObservableResult } from '@opentelemetry/api';
import { InvalidOptionError } from '../index.ts';
import type { BatchAnswerMessage, Executor } from '../index.ts';
import { checkOptions, show } from '../base/options.ts';
import type { OptionChecks } from '../base/options.ts';
import { optionalPeer } from '../base/optional-peer.ts';
import { OverloadGate } from '../server/overload-gate.ts';
import { IncidentCounts } from './incident-counts.ts';
import { listOf, namedExecutors } from './metric-sources.ts';

export interface OpenTelemetryOptions {
  /** The executors to measure. Their names must differ. */
  readonly executors: readonly Executor[];
  readonly gates?: readonly OverloadGate[];
  /** Default: the global provider. */
  readonly meterProvider?: MeterProvider;
}

export interface OpenTelemetryMetrics {
  /** Stops measuring. */
  stop(): void;
}

const checks: OptionChecks<OpenTelemetryOptions> = {
  executors: namedExecutors,
  gates: listOf(OverloadGate),
  meterProvider(option, value) {
    if (typeof (value as Partial<MeterProvider> | null)?.getMeter === 'function') return;
    const message = `${option} must be a MeterProvider of OpenTelemetry, not ${show(value)}`;
    throw new InvalidOptionError(option, value, message);
  },
};

type Observe = (value: number, attributes?: Attributes) => void;

interface Figure {
  readonly name: string;
  readonly unit: string;
  readonly description: string;
  /** `total` only grows; `now` goes up and down. */
  readonly kind: 'total' | 'now';
  readonly observe: (executor: Executor, tell: Observe, counts: IncidentCounts) => void;
}

const figures: readonly Figure[] = [
  {
    name: 'millrace.workers',
    unit: '{worker}',
    description: 'Worker threads at the most',
    kind: 'now',
    observe: (executor, tell) => tell(executor.stats().workers),
  },
  {
    name: 'millrace.threads',
    unit: '{thread}',
    description: 'Worker threads that are up or starting',
    kind: 'now',
    observe: (executor, tell) => tell(executor.stats().threads),
  },
  {
    name: 'millrace.workers.busy',
    unit: '{worker}',
    description: 'Worker threads that have something to do',
    kind: 'now',
    observe: (executor, tell) => tell(executor.stats().busy),
  },
  {
    name: 'millrace.tasks.capacity',
    unit: '{task}',
    description: 'Tasks admitted at the most',
    kind: 'now',
    observe: (executor, tell) => tell(executor.capacity),
  },
  {
    name: 'millrace.tasks.active',
    unit: '{task}',
    description: 'Tasks that have not ended, by where they are',
    kind: 'now',
    observe(executor, tell) {
      const { waiting, pending, running, suspended } = executor.stats();
      for (const [place, count] of Object.entries({ waiting, pending, running, suspended }))
        tell(count, { 'millrace.task.place': place });
    },
  },
  {
    name: 'millrace.arguments.pending',
    unit: 'By',
    description: 'Bytes of arguments of tasks that have not started',
    kind: 'now',
    observe: (executor, tell) => tell(executor.stats().pendingBytes),
  },
  {
    name: 'millrace.tasks.submitted',
    unit: '{task}',
    description: 'Tasks submitted',
    kind: 'total',
    observe: (executor, tell) => tell(executor.stats().submitted),
  },
  {
    name: 'millrace.tasks.ended',
    unit: '{task}',
    description: 'Tasks ended, by outcome',
    kind: 'total',
    observe(executor, tell) {
      const { fulfilled, rejected, cancelled, refused } = executor.stats();
      for (const [outcome, count] of Object.entries({ fulfilled, rejected, cancelled, refused }))
        tell(count, { 'millrace.task.outcome': outcome });
    },
  },
  {
    name: 'millrace.tasks.failed',
    unit: '{task}',
    description: 'Tasks that did not succeed, by why',
    kind: 'total',
    observe({ executorId }, tell, { failures }) {
      for (const [why, count] of failures.get(executorId) ?? []) tell(count, { 'millrace.why': why });
    },
  },
  {
    name: 'millrace.worker.ends',
    unit: '{worker}',
    description: 'Worker threads that have ended, by why',
    kind: 'total',
    observe({ executorId }, tell, { ends }) {
      for (const [why, count] of ends.get(executorId) ?? []) tell(count, { 'millrace.why': why });
    },
  },
  {
    name: 'millrace.worker.busy_time',
    unit: 's',
    description: 'Busy time of event loops',
    kind: 'total',
    observe(executor, tell) {
      for (const [worker, { activeMs }] of executor.workerLoopTimes().entries())
        tell(activeMs / 1000, { 'millrace.worker': worker });
    },
  },
];

/** Upper bounds of the histograms, in seconds. */
const explicitBucketBoundaries = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

/**
 * Metrics of executors and gates for OpenTelemetry: those of `prometheusMetrics()` without the host's, with OpenTelemetry's names
 * and units and as few attributes. Reads counts when metrics are collected; updates the two histograms at each answer of a worker.
 *
 * @throws {InvalidOptionError} for an unknown option or a bad value; `PeerError` without `@opentelemetry/api`, or with one before 1.9.
 */
export async function openTelemetryMetrics(options: OpenTelemetryOptions): Promise<OpenTelemetryMetrics> {
  const given = checkOptions('metrics option', options, checks);
  const { executors, gates = [] } = given;
  checks.executors('executors', executors);
  const { metrics } = await optionalPeer(
    '@opentelemetry/api',
    'openTelemetryMetrics()',
    () => import('@opentelemetry/api'),
  );
  const meter = (given.meterProvider ?? metrics).getMeter('millrace');
  const counts = new IncidentCounts(executors);
  const undo: (() => void)[] = [() => counts.stop()];

  for (const { name, kind, observe, ...about } of figures) {
    const instrument =
      kind === 'total'
        ? meter.createObservableCounter(name, about)
        : meter.createObservableUpDownCounter(name, about);
    const callback = (result: ObservableResult): void => {
      for (const executor of executors) {
        const attributes = { 'millrace.executor': executor.name };
        observe(executor, (value, own) => result.observe(value, { ...attributes, ...own }), counts);
      }
    };
    instrument.addCallback(callback);
    undo.push(() => instrument.removeCallback(callback));
  }

  const wait = meter.createObservableGauge('millrace.wait.predicted', {
    unit: 's',
    description: 'Expected time until a task submitted now begins',
  });
  const predicted = (result: ObservableResult): void => {
    for (const executor of executors) {
      const { waitMs } = executor.forecast();
      if (waitMs !== undefined) result.observe(waitMs / 1000, { 'millrace.executor': executor.name });
    }
  };
  wait.addCallback(predicted);
  undo.push(() => wait.removeCallback(predicted));

  const requests = meter.createObservableCounter('millrace.requests.refused', {
    unit: '{request}',
    description: 'Requests answered with 503, by class',
  });
  const refused = (result: ObservableResult): void => {
    for (const { executor, refused: byClass } of gates) {
      for (const [name, value] of Object.entries(byClass))
        result.observe(value, { 'millrace.executor': executor.name, 'millrace.request.class': name });
    }
  };
  requests.addCallback(refused);
  undo.push(() => requests.removeCallback(refused));

  const seconds = (name: string, description: string) =>
    meter.createHistogram(name, { unit: 's', description, advice: { explicitBucketBoundaries } });
  const run = seconds('millrace.task.run', 'From start to end');
  const begin = seconds('millrace.task.wait', 'From submission to start');
  const watched = new Map(
    executors.map(({ executorId, name }) => [executorId, { 'millrace.executor': name }]),
  );
  const answered = (message: unknown): void => {
    const { executorId, batch, from, to, suspended } = message as BatchAnswerMessage;
    const attributes = watched.get(executorId);
    if (attributes === undefined) return;
    for (let position = from; position < to; position++) {
      if (!batch.ran(position)) continue;
      const startedAt = batch.startedAt(position);
      begin.record(Math.max(0, startedAt - batch.submittedAt(position)) / 1000, attributes);
      // A task that waited for child tasks did not run all the time.
      if (!suspended) run.record(Math.max(0, batch.endedAt(position) - startedAt) / 1000, attributes);
    }
  };
  subscribe('millrace:batch:answer', answered);
  undo.push(() => void unsubscribe('millrace:batch:answer', answered));

  return {
    stop() {
      for (const each of undo.splice(0)) each();
    },
  };
}
