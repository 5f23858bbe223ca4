import type { BeforeApplicationShutdown, OnApplicationShutdown } from '@nestjs/common';
import type { HttpAdapterHost } from '@nestjs/core';
import { Server } from 'node:net';
import { longestTimer } from '../base/options.ts';
import { Executor } from '../index.ts';
import { closeConnections } from '../server/close-server.ts';
import { embed } from '../server/embedding.ts';
import type { EmbeddingOptions } from '../server/embedding.ts';
import type { OverloadGate } from '../server/overload-gate.ts';

/**
 * An executor and its gate, for the life of the application.
 *
 *     open ── beforeApplicationShutdown ─→ closing ── onApplicationShutdown ─→ ended
 *
 * While it closes, admitted requests continue, later ones are answered with 503, and connections are closed as they become idle, so
 * that Nest's own server can close. The server has closed when Nest calls `onApplicationShutdown`.
 */
export class EmbeddedExecutor implements BeforeApplicationShutdown, OnApplicationShutdown {
  readonly gate: OverloadGate;
  readonly #own: Executor | undefined;
  readonly #host: HttpAdapterHost;
  #stop: (() => void) | undefined;
  #closesUntil = 0;

  /** @throws {InvalidOptionError} for an unknown option or a bad value; then no thread was started. */
  constructor(options: EmbeddingOptions, host: HttpAdapterHost) {
    this.gate = embed(options).gate;
    this.#own = options.executor instanceof Executor ? undefined : this.gate.executor;
    this.#host = host;
  }

  beforeApplicationShutdown(): void {
    this.#closesUntil = performance.now() + this.gate.options.closeMs;
    void this.gate.close();
    const server: unknown = this.#host.httpAdapter?.getHttpServer?.();
    if (server instanceof Server) this.#stop = closeConnections(server, this.gate);
  }

  /** Gives tasks that belong to no request (of a queue, of a timer) the rest of `closeMs`. */
  async onApplicationShutdown(): Promise<void> {
    this.#stop?.();
    await this.gate.close();
    if (this.#own === undefined) return;
    const executor = this.#own;
    const leftMs = Math.min(Math.max(0, this.#closesUntil - performance.now()), longestTimer);
    const timeUp = setTimeout(() => void executor.shutdown({ mode: 'kill' }), leftMs);
    await executor.shutdown();
    clearTimeout(timeUp);
  }
}
