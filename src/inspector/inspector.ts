import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Executor } from '../index.ts';
import { executorsOf, inspectorOptions } from './options.ts';
import type { InspectorOptions } from './options.ts';
import { Recorder } from './record/recorder.ts';
import { AccessControl } from './serve/access.ts';
import { respond } from './serve/respond.ts';
import { Viewers } from './serve/viewers.ts';

/** Answers requests for the inspector's page and its data. */
export interface InspectorHandler {
  (request: IncomingMessage, response: ServerResponse): void;
  /** Ends the viewers' connections, and stops recording. */
  close(): void;
}

/**
 * A live page of one or several executors, as a handler for `node:http`, Express, and Fastify (with `request.raw`, `reply.raw`).
 *
 * ```ts
 * app.use('/_millrace', inspector(executor));                                                      // Express
 * fastify.get('/_millrace', (request, reply) => { reply.hijack(); show(request.raw, reply.raw); }); // show = inspector(executor)
 * ```
 * It costs nothing while there is no viewer. It can't show a blocked main thread, because that thread serves the page: use
 * `openInspector()` for that.
 *
 * The page shows labels and names of functions, cut to 80 characters, but never arguments, results or messages of errors. Without a
 * `token` it answers only requests from this machine.
 *
 * @throws {InvalidOptionError} for an unknown option or a bad value.
 */
export function inspector(
  executors: Executor | readonly Executor[],
  options: InspectorOptions = {},
): InspectorHandler {
  const watched = executorsOf(executors);
  const { token, hosts, maxViewers, record } = inspectorOptions(options);
  const always = record === 'always';
  const access = new AccessControl({ token, hosts });
  const viewers = new Viewers(maxViewers, always, (count) => {
    if (count > 0) recorder.start();
    else if (!always) recorder.stop();
  });
  const recorder = new Recorder(watched, (frame) => viewers.tell(frame));
  if (always) recorder.start();
  const handler = (request: IncomingMessage, response: ServerResponse): void =>
    respond(request, response, { access, viewers });
  return Object.assign(handler, {
    close() {
      viewers.close();
      recorder.stop();
    },
  });
}
