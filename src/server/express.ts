import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { MillraceError } from '../base/errors.ts';
import { closeServer } from './close-server.ts';
import { cutOff } from './cut-off.ts';
import { embed } from './embedding.ts';
import type { EmbeddingOptions } from './embedding.ts';
import { toHttpError } from './http-error.ts';
import type { OverloadGate } from './overload-gate.ts';
import { checkRequestOptions } from './request-options.ts';
import type { RequestOptions } from './request-options.ts';
import type { RequestTasks } from './request-tasks.ts';
import { sendError } from './send-error.ts';

/** `millrace/express`: the gate as middleware for Express 4 and 5. Types of `node:http` only: Express extends them. */
export type { EmbeddingOptions } from './embedding.ts';
export { HttpError, toHttpError } from './http-error.ts';

declare global {
  namespace Express {
    interface Request {
      /** Runs tasks for this request, within its deadline and as long as its client is there. */
      millrace: RequestTasks;
    }
  }
}

type Next = (error?: unknown) => void;
type Middleware = (request: IncomingMessage, response: ServerResponse, next: Next) => void;

/** Middleware that sets `request.millrace`, with methods for routes and for shutdown. */
export interface ExpressMillrace extends Middleware {
  readonly gate: OverloadGate;
  /**
   * Middleware for one route, before its body parser: sets the class and the deadline of its requests, and refuses them while
   * their work would be refused.
   *
   * @throws {InvalidOptionError} for an unknown option or a bad value.
   */
  admit(options?: RequestOptions): Middleware;
  /** Ends the server as `closeServer()` does, then the executor and its threads if it was made here. */
  shutdown(server: Server): Promise<void>;
}

/**
 * ```ts
 * const mill = millrace({ executor: { workers: 4 }, deadlineMs: 2000 });
 * app.use(mill);
 * app.post('/login', mill.admit({ class: 'critical' }), express.json(), async (request, response) => {
 *   response.json(await request.millrace.run(passwords.verify(…)));
 * });
 * app.use(millraceErrors);
 * ```
 * @throws {InvalidOptionError} for an unknown option or a bad value.
 */
export function millrace(options: EmbeddingOptions = {}): ExpressMillrace {
  const { gate, endExecutor } = embed(options);
  const enter: Middleware = (request, response, next) => {
    give(request, gate.enter(request, response));
    next();
  };
  const admit = (requestOptions: RequestOptions = {}): Middleware => {
    checkRequestOptions(requestOptions);
    return (request, response, next) => {
      const tasks = gate.enter(request, response, requestOptions);
      give(request, tasks);
      tasks.check();
      next();
    };
  };
  const shutdown = async (server: Server): Promise<void> => {
    await closeServer(server, gate);
    await endExecutor();
  };
  return Object.assign(enter, { gate, admit, shutdown });
}

/**
 * Wraps an asynchronous handler for Express 4: its rejection goes to `next()`, as in Express 5. Without it a refused request would
 * be an unhandled rejection, which ends the process.
 *
 * ```ts
 * app.post('/login', mill.admit(), asyncHandler(async (request, response) => {
 *   response.json(await request.millrace.run(passwords.verify(…)));
 * }));
 * ```
 */
export function asyncHandler<Q, S, N extends (error?: unknown) => void>(
  handler: (request: Q, response: S, next: N) => unknown,
): (request: Q, response: S, next: N) => void {
  return (request, response, next) => {
    // Called outside of the promise: Express catches a synchronous throw.
    const settled = handler(request, response, next);
    void passOnRejection(settled, next);
  };
}

async function passOnRejection(settled: unknown, next: (error: unknown) => void): Promise<void> {
  try {
    await settled;
  } catch (reason) {
    // Express would take a falsy reason for success.
    next(reason || new MillraceError('ERR_MILLRACE_NO_ERROR', `the handler rejected with ${String(reason)}`));
  }
}

/** Error middleware, after the routes: answers errors about load as JSON, and passes other errors to `next()`. */
export function millraceErrors(
  error: unknown,
  request: IncomingMessage,
  response: ServerResponse,
  next: Next,
): void {
  if (toHttpError(error) !== null && !response.headersSent) {
    sendError(request, response, error);
    return;
  }
  // For every error: an upload that was refused half-way must not go on for ever.
  cutOff(request, response);
  next(error);
}

function give(request: IncomingMessage, tasks: RequestTasks): void {
  (request as IncomingMessage & { millrace: RequestTasks }).millrace = tasks;
}
