import { serve } from '@hono/node-server';
import type { HttpBindings } from '@hono/node-server';
import express from 'express';
import fastify from 'fastify';
import { Hono } from 'hono';
import type { ContentfulStatusCode } from 'hono/utils/http-status';
import Koa from 'koa';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { createSecureServer, createServer as createHttp2Server } from 'node:http2';
import { createServer as createHttpsServer } from 'node:https';
import { Executor } from 'millrace';
import type { Task } from 'millrace';
import { millrace as expressMillrace, millraceErrors } from 'millrace/express';
import { millrace as fastifyMillrace } from 'millrace/fastify';
import { closeServer, OverloadGate, sendError, toHttpError } from 'millrace/http';
import type { GateOptions, RequestTasks } from 'millrace/http';
import { certificate } from './certificate.ts';

/** What a request asks for: `/pass` or whatever the test knows; and each request's tasks, as they come. */
interface Site {
  readonly taskOf: (path: string) => Task<unknown>;
  readonly entered?: (tasks: RequestTasks) => void;
}

/** A server with a gate, one worker and a hundred places behind it. */
export interface Adapter {
  readonly server: Server;
  readonly executor: Executor;
  readonly close: () => Promise<void>;
}

type Make = (site: Site, options: GateOptions) => Promise<Adapter>;

const executorOptions = { workers: 1, maxPending: 100 } as const;

/** What stands on `node:http` by itself, and has its server made by `make`. */
function plain(make: (gate: OverloadGate, site: Site) => Server): Make {
  return async (site, options) => {
    const executor = new Executor(executorOptions);
    const gate = new OverloadGate(executor, options);
    const server = make(gate, site);
    if (!server.listening) server.listen(0, '127.0.0.1');
    if (server.address() === null) await once(server, 'listening');
    const close = async (): Promise<void> => {
      await closeServer(server, gate);
      await executor.shutdown({ mode: 'kill' });
    };
    return { server, executor, close };
  };
}

const handler = (gate: OverloadGate, { taskOf, entered }: Site) => {
  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const own = gate.enter(request, response);
    entered?.(own);
    try {
      own.check();
      for await (const _ of request);
      response.end(String(await own.run(taskOf(request.url ?? ''))));
    } catch (error) {
      sendError(request, response, error);
    }
  };
  return (request: IncomingMessage, response: ServerResponse) => void answer(request, response);
};

export const overHttp: Readonly<Record<string, Make>> = {
  'node:http': plain((gate, site) => createServer(handler(gate, site))),

  Koa: plain((gate, { taskOf, entered }) => {
    const app = new Koa();
    app.silent = true;
    app.use(async (ctx) => {
      const own = gate.enter(ctx.req, ctx.res);
      entered?.(own);
      ctx.body = String(await own.run(taskOf(ctx.path)));
    });
    return createServer((request, response) => void app.callback()(request, response));
  }),

  Hono: plain((gate, { taskOf, entered }) => {
    const app = new Hono<{ Bindings: HttpBindings }>();
    app.all('*', async (c) => {
      const own = gate.enter(c.env.incoming, c.env.outgoing);
      entered?.(own);
      return c.text(String(await own.run(taskOf(c.req.path))));
    });
    app.onError((error, c) => {
      const known = toHttpError(error);
      return c.text(error.message, (known?.statusCode ?? 500) as ContentfulStatusCode);
    });
    return serve({ fetch: app.fetch, port: 0, hostname: '127.0.0.1' }) as Server;
  }),

  async Express({ taskOf, entered }, options) {
    const mill = expressMillrace({ executor: executorOptions, ...options });
    const app = express();
    app.use(mill);
    app.use(async (request, response) => {
      entered?.(request.millrace);
      response.send(String(await request.millrace.run(taskOf(request.path))));
    });
    app.use(millraceErrors);
    const server = createServer(app).listen(0, '127.0.0.1');
    await once(server, 'listening');
    return { server, executor: mill.gate.executor, close: () => mill.shutdown(server) };
  },

  async Fastify({ taskOf, entered }, options) {
    const app = fastify();
    await app.register(fastifyMillrace, { executor: executorOptions, ...options });
    app.addHook('onRequest', (request, _reply, done) => {
      entered?.(request.millrace);
      done();
    });
    app.all('*', async (request) => {
      return String(await request.millrace.run(taskOf(request.url)));
    });
    await app.listen({ port: 0, host: '127.0.0.1' });
    return { server: app.server, executor: app.millrace.executor, close: () => app.close() };
  },
};

export const overTls: Readonly<Record<string, Make>> = {
  'node:https': plain((gate, site) => createHttpsServer(certificate, handler(gate, site))),
};

export const overHttp2: Readonly<Record<string, Make>> = {
  'node:http2': plain((gate, site) => createHttp2Server(handler(gate, site) as never) as never),
  'node:http2 over TLS': plain(
    (gate, site) =>
      createSecureServer({ ...certificate, allowHTTP1: true }, handler(gate, site) as never) as never,
  ),
};
