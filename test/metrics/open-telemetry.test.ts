import { channel } from 'node:diagnostics_channel';
import {
  AggregationTemporality,
  InMemoryMetricExporter,
  MeterProvider,
  PeriodicExportingMetricReader,
} from '@opentelemetry/sdk-metrics';
import { Executor, InvalidOptionError } from 'millrace';
import { OverloadGate } from 'millrace/http';
import { openTelemetryMetrics } from 'millrace/metrics';
import type { OpenTelemetryMetrics } from 'millrace/metrics';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { Gate } from '../support/gate.ts';
import { work } from '../support/work.ts';

let barrier: Gate;
let executor: Executor;
let exporter: InMemoryMetricExporter;
let meterProvider: MeterProvider;
let metrics: OpenTelemetryMetrics | undefined;
beforeEach(() => {
  barrier = new Gate();
  executor = new Executor({ workers: 1, maxPending: 1, name: 'measured' });
  exporter = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE);
  const reader = new PeriodicExportingMetricReader({ exporter, exportIntervalMillis: 60_000 });
  meterProvider = new MeterProvider({ readers: [reader] });
});
afterEach(async () => {
  metrics?.stop();
  metrics = undefined;
  barrier.open();
  await meterProvider.shutdown();
  await executor.shutdown({ mode: 'kill' });
});

/** Values by name and attributes, but for the executor's name, which all of them have. */
async function collected(): Promise<Record<string, unknown>> {
  exporter.reset();
  await meterProvider.forceFlush();
  const found: Record<string, unknown> = {};
  for (const { metrics: all } of exporter.getMetrics()[0]?.scopeMetrics ?? []) {
    for (const { descriptor, dataPoints } of all) {
      for (const { attributes, value } of dataPoints) {
        const { 'millrace.executor': name, ...own } = attributes;
        expect(name).toBe('measured');
        const key = [descriptor.name, ...Object.values(own)].join(' ');
        found[key] = typeof value === 'object' ? { count: value.count, unit: descriptor.unit } : value;
      }
    }
  }
  return found;
}

describe('metrics for OpenTelemetry', () => {
  test('tell where tasks are and how they ended', async () => {
    const gate = new OverloadGate(executor);
    metrics = await openTelemetryMetrics({ executors: [executor], gates: [gate], meterProvider });
    await executor.run(work.echo(1));
    await executor.run(work.reject('no')).catch(() => {});
    const running = executor.submit(work.pass(barrier.shared));
    await barrier.arrivals();
    const pending = executor.trySubmit(work.echo(1));
    expect(executor.trySubmit(work.echo(2))).toBeNull();
    expect(await collected()).toMatchObject({
      'millrace.workers': 1,
      'millrace.threads': 1,
      'millrace.workers.busy': 1,
      'millrace.tasks.capacity': 2,
      'millrace.tasks.active waiting': 0,
      'millrace.tasks.active pending': 1,
      'millrace.tasks.active running': 1,
      'millrace.tasks.active suspended': 0,
      'millrace.tasks.submitted': 5,
      'millrace.tasks.ended fulfilled': 1,
      'millrace.tasks.ended rejected': 1,
      'millrace.tasks.ended refused': 1,
      'millrace.tasks.failed threw': 1,
      'millrace.tasks.failed saturated': 1,
      'millrace.requests.refused critical': 0,
      'millrace.task.run': { count: 2, unit: 's' },
      'millrace.task.wait': { count: 2, unit: 's' },
    });
    barrier.open();
    await Promise.all([(await running).result(), pending?.result()]);
  });

  test('count threads that ended, by why', async () => {
    metrics = await openTelemetryMetrics({ executors: [executor], meterProvider });
    await executor.run(work.exit(1)).catch(() => {});
    await executor.run(work.echo(1));
    expect(await collected()).toMatchObject({
      'millrace.worker.ends crashed': 1,
      'millrace.tasks.failed crashed': 1,
    });
  });

  test('end when they are stopped', async () => {
    metrics = await openTelemetryMetrics({ executors: [executor], meterProvider });
    await executor.run(work.echo(1));
    expect(await collected()).toMatchObject({ 'millrace.tasks.submitted': 1 });
    metrics.stop();
    metrics.stop();
    await executor.run(work.echo(1));
    for (const name of ['batch:answer', 'task:fail', 'worker:end'])
      expect(channel(`millrace:${name}`).hasSubscribers, name).toBe(false);
    // What was told last stands.
    expect(await collected()).toMatchObject({
      'millrace.tasks.submitted': 1,
      'millrace.task.run': { count: 1 },
    });
  });

  test('refuse bad options', async () => {
    for (const bad of [
      {},
      { executors: [1] },
      { executors: [executor, executor] },
      { executors: [], meterProvider: {} },
      { executors: [], nonsense: 1 },
    ])
      await expect(openTelemetryMetrics(bad as never)).rejects.toThrow(InvalidOptionError);
  });
});
