import { once } from 'node:events';
import { createServer } from 'node:http';
import type { Server, ServerResponse } from 'node:http';
import type { WorkerHost } from '../../cluster/host/worker-host.ts';
import type { PrometheusMetrics } from '../../metrics/index.ts';
import { optionalPeer } from '../../base/optional-peer.ts';
import type { WorkerArguments } from './worker-arguments.ts';

/**
 * Answers the probes of an orchestrator. `/live` is 200 whenever the process answers; `/ready` is 200 while the host takes
 * batches, else 503 with the reason; `/metrics` is for Prometheus.
 */
export class HealthServer {
  readonly #host: WorkerHost;
  readonly #at: NonNullable<WorkerArguments['health']>;
  readonly #server: Server;
  #metrics: Promise<PrometheusMetrics> | undefined = undefined;

  constructor(host: WorkerHost, { health }: WorkerArguments) {
    this.#host = host;
    this.#at = health as NonNullable<typeof health>;
    this.#server = createServer((request, response) => {
      this.#answer(request.url ?? '', response).catch((error: unknown) => {
        send(response, 500, error instanceof Error ? error.message : String(error));
      });
    });
  }

  /** Rejects if the server can't listen at the address. Its socket does not keep the process alive. */
  async listen(): Promise<void> {
    this.#server.listen(this.#at.port, this.#at.host);
    await once(this.#server, 'listening');
    this.#server.unref();
  }

  async close(): Promise<void> {
    if (this.#metrics !== undefined) (await this.#metrics.catch(() => undefined))?.stop();
    this.#server.closeAllConnections();
    this.#server.close();
  }

  async #answer(url: string, response: ServerResponse): Promise<void> {
    const { pathname } = new URL(url, 'http://host');
    if (pathname === '/live') return send(response, 200, 'live');
    if (pathname === '/ready') {
      const problem = await this.#host.problem();
      return problem === undefined ? send(response, 200, 'ready') : send(response, 503, problem);
    }
    if (pathname !== '/metrics') return send(response, 404, 'there are /live, /ready and /metrics');
    const { registry } = await (this.#metrics ??= this.#measure());
    response.setHeader('Content-Type', registry.contentType);
    response.end(await registry.metrics());
  }

  async #measure(): Promise<PrometheusMetrics> {
    const { Counter, Gauge, Registry } = (
      await optionalPeer('prom-client', '/metrics of millrace worker', () => import('prom-client'))
    ).default;
    const { prometheusMetrics } = await import('../../metrics/index.ts');
    const registry = new Registry();
    const host = this.#host;
    /** NaN for what can't be read: the other figures are served all the same, and no autoscaler takes it for 0. */
    const gauge = (name: string, help: string, read: () => Promise<number>): void => {
      const made: InstanceType<typeof Gauge> = new Gauge({
        name,
        help,
        registers: [registry],
        async collect() {
          made.set(await read().catch(() => NaN));
        },
      });
    };
    gauge('millrace_cluster_backlog_seconds', 'Work that waits for the threads of all hosts', async () => {
      return (await host.cluster()).backlogSeconds ?? NaN;
    });
    gauge('millrace_cluster_hosts', 'Hosts that live', async () => (await host.cluster()).hosts.length);
    const counter = (name: string, help: string, read: () => number): void => {
      const made: InstanceType<typeof Counter> = new Counter({
        name,
        help,
        registers: [registry],
        collect() {
          made.reset();
          made.inc(read());
        },
      });
    };
    counter('millrace_host_batches_total', 'Batches taken', () => host.counts.batches);
    counter(
      'millrace_host_batches_refused_total',
      'Batches not run: not sealed, or none',
      () => host.counts.refused,
    );
    counter(
      'millrace_host_batches_superseded_total',
      'Batches taken over by others',
      () => host.counts.superseded,
    );
    return prometheusMetrics({ executors: [host.executor], registry });
  }
}

function send(response: ServerResponse, status: number, text: string): void {
  response.writeHead(status, { 'Content-Type': 'text/plain' });
  response.end(`${text}\n`);
}
