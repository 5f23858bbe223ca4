/** `millrace/metrics`: what happens inside, for Prometheus and OpenTelemetry. Each needs its own optional package. */
export { prometheusMetrics } from './prometheus.ts';
export type { PrometheusMetrics, PrometheusOptions } from './prometheus.ts';
export { traceTasks } from './tracing.ts';
