import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import type { Span } from '@opentelemetry/api';
import type { Future, TaskRefuseMessage, TaskSettleMessage, TaskSubmitMessage } from '../index.ts';
import { optionalPeer } from '../base/optional-peer.ts';

export interface TaskTracing {
  /** Starts no more spans. Open spans stay open. */
  stop(): void;
}

/**
 * Starts a span for each task of every executor in this process, from submission to settlement, as a child of the span that is
 * active at submission. The context travels to the thread, where spans of the task become children of this one.
 *
 * @throws {PeerError} without `@opentelemetry/api`, or with one before 1.9.
 */
export async function traceTasks(): Promise<TaskTracing> {
  const api = await optionalPeer('@opentelemetry/api', 'traceTasks()', () => import('@opentelemetry/api'));
  const tracer = api.trace.getTracer('millrace');
  const spans = new WeakMap<Future<unknown>, Span>();

  const submitted = (message: unknown): void => {
    const told = message as TaskSubmitMessage;
    const { executor, label, future } = told;
    const parent = api.context.active();
    const attributes = {
      'millrace.executor': executor,
      'millrace.task.id': future.id,
      'code.function.name': future.task.name,
    };
    const span = tracer.startSpan(`millrace ${label}`, { attributes }, parent);
    spans.set(future, span);
    const carrier: Record<string, string> = {};
    api.propagation.inject(api.trace.setSpan(parent, span), carrier);
    told.carrier = carrier;
  };

  const end = (future: Future<unknown>, failed: boolean, reason: unknown): void => {
    const span = spans.get(future);
    if (span === undefined) return;
    const { submittedAt, startedAt, endedAt } = future.timing;
    if (startedAt !== undefined) {
      span.addEvent('start', performance.timeOrigin + startedAt);
      span.setAttribute('millrace.wait_ms', startedAt - submittedAt);
      if (endedAt !== undefined) span.setAttribute('millrace.run_ms', endedAt - startedAt);
    }
    if (failed) {
      span.recordException(reason instanceof Error ? reason : String(reason));
      span.setStatus({ code: api.SpanStatusCode.ERROR });
    }
    span.end();
  };

  const settled = (message: unknown): void => {
    const { future, status, reason } = message as TaskSettleMessage;
    spans.get(future)?.setAttribute('millrace.outcome', status);
    end(future, status === 'rejected', reason);
  };
  const refused = (message: unknown): void => {
    const { future, error } = message as TaskRefuseMessage;
    spans.get(future)?.setAttribute('millrace.outcome', 'refused');
    end(future, true, error ?? 'no place was free');
  };

  const listeners = { submit: submitted, settle: settled, refuse: refused };
  for (const [event, listener] of Object.entries(listeners)) subscribe(`millrace:task:${event}`, listener);
  return {
    stop() {
      for (const [event, listener] of Object.entries(listeners))
        unsubscribe(`millrace:task:${event}`, listener);
    },
  };
}
