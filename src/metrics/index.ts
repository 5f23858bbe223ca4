/** `millrace/metrics`: metrics and traces for Prometheus and OpenTelemetry. Each needs its own optional package. */
export { openTelemetryMetrics } from './open-telemetry.ts';
export type { OpenTelemetryMetrics, OpenTelemetryOptions } from './open-telemetry.ts';
export { prometheusMetrics } from './prometheus.ts';
export type { PrometheusMetrics, PrometheusOptions } from './prometheus.ts';
export { traceTasks } from './tracing.ts';
export type { TaskTracing } from './tracing.ts';
