import { checkInstalledPeers } from '../optional-peer.ts';

/** `millrace/metrics`: what happens inside, for Prometheus and OpenTelemetry. Each needs its own optional package. */
export { prometheusMetrics } from './prometheus.ts';
export type { PrometheusMetrics, PrometheusOptions } from './prometheus.ts';
export { traceTasks } from './tracing.ts';

// Here, and not by npm: who takes only the rest of the package may have any version.
checkInstalledPeers('millrace/metrics', 'prom-client', '@opentelemetry/api');
