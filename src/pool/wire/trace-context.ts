import type * as OpenTelemetry from '@opentelemetry/api';

/** Trace headers of the submitting context, as `propagation.inject` writes them (`traceparent`, …). */
export type Carrier = Readonly<Record<string, string>>;

let loading: Promise<typeof OpenTelemetry | null> | undefined;

/**
 * Runs a task's function inside a new span, a child of the submitter's span. Spans that the function starts are children of the
 * new one. Spans are recorded only if an OpenTelemetry SDK is set up in this thread (`execArgv: ['--import', …]`); without
 * the SDK, or without the API, this only calls the function.
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
