import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Server as NetServer } from 'node:net';
import { checkPeerVersion } from '../base/optional-peer.ts';
import { whenTimeIsUp } from './close-server.ts';
import { alike, cut, serverOf } from './connections.ts';
import { cutOff } from './cut-off.ts';
import { embed } from './embedding.ts';
import type { EmbeddingOptions } from './embedding.ts';
import type { OverloadGate } from './overload-gate.ts';
import { checkRequestOptions } from './request-options.ts';
import type { RequestOptions } from './request-options.ts';
import type { RequestTasks } from './request-tasks.ts';

/** `millrace/fastify`: the gate as a plugin. */
export type { EmbeddingOptions } from './embedding.ts';
export { HttpError, toHttpError } from './http-error.ts';

declare module 'fastify' {
  interface FastifyInstance {
    millrace: OverloadGate;
  }
  interface FastifyRequest {
    /** Runs tasks for this request, within its deadline and as long as its client is there. */
    millrace: RequestTasks;
  }
  interface FastifyContextConfig {
    /** Refuse requests of this route before their body is read, when their work would be refused. */
    millrace?: RequestOptions;
  }
}

/**
 * ```ts
 * await app.register(millrace, { executor: { workers: 4 }, deadlineMs: 2000 });
 * app.post('/thumbnail', { config: { millrace: { class: 'normal' } } }, async (request) =>
 *   request.millrace.run(images.resize(await body(request), { width: 200 })));
 * ```
 * Await the registration: then a mistake in the options of a route is thrown when the route is added, not at its first request.
 *
 * Decorates the instance with `millrace` (the gate) and requests with `millrace` (their tasks). A refusal is an error with
 * `statusCode` and `headers`, which Fastify's own error handler answers.
 *
 * `onReady` waits until every thread is up, and fails if a thread can't start.
 *
 * On `close()`: `preClose` stops admission and cancels tasks that can't be expected to end within `closeMs`; admitted requests are
 * answered; connections that are still open half a second after `closeMs` are cut; `onClose` ends the executor, if it was made here.
 */
export async function millrace(app: FastifyInstance, options: EmbeddingOptions): Promise<void> {
  checkPeerVersion('fastify', 'millrace/fastify', app.version);
  // First, because it refuses a second registration, which must not leave threads.
  app.decorateRequest('millrace', null as never);
  const { gate, endExecutor } = embed(options);
  app.decorate('millrace', gate);
  const servers = new Set([app.server as NetServer]);
  // A mistake in a route's options throws when the route is added, not at a request; earlier routes are not checked.
  app.addHook('onRoute', ({ config }) => void checkRequestOptions(config?.millrace ?? {}));
  app.addHook('onRequest', (request, reply, done) => {
    const server = serverOf(request.raw);
    if (server !== undefined) servers.add(server);
    admit(gate, request, reply, done);
  });
  // For every error: an upload that was refused half-way must not go on for ever.
  app.addHook('onError', (request, reply, _error, done) => {
    cutOff(request.raw, reply.raw);
    done();
  });
  // Before the server listens: no request waits for the boot of a thread, and a failure to start is reported now.
  app.addHook('onReady', () => gate.executor.ready());
  let timeUp: NodeJS.Timeout | undefined;
  app.addHook('preClose', (done) => {
    void gate.close();
    timeUp = whenTimeIsUp(gate, () => [...servers, ...alike(app.server)].forEach(cut));
    done();
  });
  app.addHook('onClose', async () => {
    // Fastify does not wait for its servers on further addresses: they may still have connections.
    timeUp?.unref();
    await gate.close();
    await endExecutor();
  });
}

function admit(
  gate: OverloadGate,
  request: FastifyRequest,
  reply: FastifyReply,
  done: (error?: Error) => void,
): void {
  const options = request.routeOptions.config.millrace;
  request.millrace = gate.enter(request.raw, reply.raw, options);
  if (options === undefined) return done();
  try {
    request.millrace.check();
  } catch (error) {
    return done(error as Error);
  }
  return done();
}

// As the package fastify-plugin does: the decorations hold for the whole server, not only for the plugin's own scope.
Object.assign(millrace, {
  [Symbol.for('skip-override')]: true,
  [Symbol.for('fastify.display-name')]: 'millrace',
  [Symbol.for('plugin-meta')]: { name: 'millrace', fastify: '>=5' },
});
