import type * as OpenTelemetry from '@opentelemetry/api';

/** What the task was submitted with: headers as `propagation.inject` writes them (`traceparent`, …). */
export type Carrier = Readonly<Record<string, string>>;

let loading: Promise<typeof OpenTelemetry | null> | undefined;

/**
 * Runs a task's function inside a span of its own, whose parent is the one that submitted it. What the function traces
 * hangs below it. Spans come to something if an OpenTelemetry SDK has been set up in this thread (`execArgv: ['--import',
 * …]`); otherwise the API does nothing, and neither does this without the API.
 */
export async function runTraced(carrier: Carrier, name: string, call: () => unknown): Promise<unknown> {
  const api = await (loading ??= import('@opentelemetry/api').catch(() => null));
  if (api === null) return call();
  const parent = api.propagation.extract(api.ROOT_CONTEXT, carrier);
  const span = api.trace.getTracer('millrace').startSpan(`run ${name}`, {}, parent);
  try {
    return await api.context.with(api.trace.setSpan(parent, span), call);
  } catch (error) {
    span.recordException(error instanceof Error ? error : String(error));
    span.setStatus({ code: api.SpanStatusCode.ERROR });
    throw error;
  } finally {
    span.end();
  }
}
