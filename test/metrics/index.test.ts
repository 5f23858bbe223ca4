import { context, propagation, trace } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { W3CTraceContextPropagator } from '@opentelemetry/core';
import {
  BasicTracerProvider,
  InMemorySpanExporter,
  SimpleSpanProcessor,
} from '@opentelemetry/sdk-trace-base';
import { Executor } from 'millrace';
import { OverloadGate } from 'millrace/http';
import { prometheusMetrics, traceTasks } from 'millrace/metrics';
import { Registry } from 'prom-client';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { Gate } from '../support/gate.ts';
import { rounds } from '../support/settling.ts';
import { work } from '../support/work.ts';

let barrier: Gate;
let executor: Executor;
let stop: () => void;
beforeEach(() => {
  barrier = new Gate();
});
afterEach(async () => {
  stop();
  barrier.open();
  await executor.shutdown({ mode: 'kill' });
});

describe('prometheus', () => {
  test('counts what happened, in seconds and totals', async () => {
    executor = new Executor({ workers: 1, maxPending: 1, name: 'scraped' });
    const gate = new OverloadGate(executor);
    vi.spyOn(gate, 'refused', 'get').mockReturnValue({ critical: 0, normal: 0, sheddable: 3 });
    const registry = new Registry();
    ({ stop } = await prometheusMetrics({ executors: [executor], gates: [gate], registry, hostLoad: false }));
    await executor.run(work.sleep(20));
    await executor.run(work.reject('no')).catch(() => {});
    const running = executor.trySubmit(work.pass(barrier.shared));
    await barrier.arrivals();
    await rounds();
    const pending = executor.trySubmit(work.echo(1));
    executor.trySubmit(work.echo(2));
    const text = await registry.metrics();
    for (const line of [
      'millrace_tasks_submitted_total{executor="scraped"} 5',
      'millrace_tasks_total{executor="scraped",outcome="fulfilled"} 1',
      'millrace_tasks_total{executor="scraped",outcome="rejected"} 1',
      'millrace_tasks_total{executor="scraped",outcome="refused"} 1',
      'millrace_tasks_running{executor="scraped"} 1',
      'millrace_tasks_pending{executor="scraped"} 1',
      'millrace_capacity_tasks{executor="scraped"} 2',
      'millrace_workers{executor="scraped"} 1',
      'millrace_threads{executor="scraped"} 1',
      'millrace_requests_refused_total{executor="scraped",class="sheddable"} 3',
      'millrace_task_run_seconds_count{executor="scraped"} 2',
      'millrace_task_run_seconds_bucket{le="+Inf",executor="scraped"} 2',
    ]) {
      expect(text).toContain(`${line}\n`);
    }
    // The one that slept for 20 ms is in none of these.
    expect(text).toMatch(/task_run_seconds_bucket\{le="0.01",executor="scraped"\} [01]\n/);
    expect(text).toMatch(/millrace_worker_busy_seconds_total\{executor="scraped",worker="0"\} 0\.\d+/);
    barrier.open();
    await Promise.all([running?.result(), pending?.result()]);
  });
});

test("the machine's load is not told as 0 while nobody knows it", async () => {
  executor = new Executor({ workers: 1 });
  const registry = new Registry();
  ({ stop } = await prometheusMetrics({ executors: [executor], registry }));
  expect(await registry.metrics()).not.toMatch(/^millrace_host/m);
  let text = '';
  while (!/^millrace_host_cpu_ratio /m.test(text)) {
    await rounds(1);
    text = await registry.metrics();
  }
  expect(text).toMatch(/^millrace_host_memory_free_bytes \d+$/m);
});

test.each([
  [{}, 'executors must be an array of Executors, not undefined'],
  [{ executors: [{}] }, 'executors must be an array of Executors, not [ {} ]'],
  [{ executors: [], gates: {} }, 'gates must be an array of OverloadGates, not {}'],
  [{ executors: [], registry: {} }, 'registry must be a Registry of prom-client, not {}'],
  [{ executors: [], hostload: false }, "unknown metrics option 'hostload'"],
])('metrics refuse bad options with the value: %j', async (options, message) => {
  executor = new Executor({ workers: 1 });
  stop = () => {};
  await expect(prometheusMetrics(options as never)).rejects.toThrow(message);
});

test('metrics of two executors of one name would be mixed up', async () => {
  executor = new Executor({ workers: 1 });
  stop = () => {};
  const executors = [executor, executor];
  await expect(prometheusMetrics({ executors, registry: new Registry() })).rejects.toThrow("name 'millrace'");
});

describe('tracing', () => {
  const exporter = new InMemorySpanExporter();
  const provider = new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] });
  trace.setGlobalTracerProvider(provider);
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
  propagation.setGlobalPropagator(new W3CTraceContextPropagator());
  beforeEach(() => exporter.reset());

  const spans = () => exporter.getFinishedSpans().toSorted((a, b) => a.name.localeCompare(b.name));

  test('a span for each task, below what is active, with its outcome', async () => {
    executor = new Executor({ workers: 1, maxPending: 0 });
    ({ stop } = await traceTasks());
    const parent = trace.getTracer('test').startSpan('parent');
    await context.with(trace.setSpan(context.active(), parent), async () => {
      await executor.run(work.echo(1), { label: 'a' });
      await executor.run(work.reject(new Error('no')), { label: 'b' }).catch(() => {});
      const running = executor.trySubmit(work.pass(barrier.shared), { label: 'c' });
      executor.trySubmit(work.echo(1), { label: 'd' });
      barrier.open();
      await running?.result();
    });
    expect(spans().map(({ name, attributes }) => [name, attributes['millrace.outcome']])).toEqual([
      ['millrace a', 'fulfilled'],
      ['millrace b', 'rejected'],
      ['millrace c', 'fulfilled'],
      ['millrace d', 'refused'],
    ]);
    for (const { parentSpanContext } of spans()) {
      expect(parentSpanContext?.spanId).toBe(parent.spanContext().spanId);
    }
    expect(spans()[0]?.attributes).toMatchObject({ 'millrace.run_ms': expect.any(Number) as number });
    expect(spans()[1]?.events.map(({ name }) => name)).toEqual(['start', 'exception']);
  });

  test('what a task traces in its thread hangs below its span, also in a batch', async () => {
    executor = new Executor({
      workers: 1,
      execArgv: ['--import', new URL('../fixtures/tracing.mjs', import.meta.url).href],
    });
    const plain = await executor.run(work.activeTrace());
    expect(plain).toBeUndefined();
    ({ stop } = await traceTasks());
    await executor.run(work.activeTrace());
    exporter.reset();
    const seen = await Promise.all(Array.from({ length: 5 }, () => executor.run(work.activeTrace())));
    const ids = spans().map((span) => span.spanContext());
    expect(ids).toHaveLength(5);
    expect(new Set(seen.map((each) => each?.parent))).toEqual(new Set(ids.map(({ spanId }) => spanId)));
    expect(new Set(seen.map((each) => each?.trace))).toEqual(new Set(ids.map(({ traceId }) => traceId)));
    expect(new Set(seen.map((each) => each?.name))).toEqual(new Set(['run activeTrace']));
  });
});
