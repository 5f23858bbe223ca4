import type { IncomingMessage, ServerResponse } from 'node:http';
import { toHttpError } from './http-error.ts';

/** How long a refused body is read and thrown away before the connection is cut. Milliseconds. */
const lingerMs = 1000;

/**
 * Answers an error on plain `node:http`: what `toHttpError` makes of it as JSON, 500 without details for anything else.
 * Returns whether it was about load, so that the rest can be logged.
 *
 * A body that is still arriving is thrown away for a second and then cut off. (Closing at once would reset the
 * connection, and take the answer away from a client that is still sending: RFC 9112, section 9.6.)
 */
export function sendError(request: IncomingMessage, response: ServerResponse, error: unknown): boolean {
  const known = toHttpError(error);
  if (response.headersSent || response.destroyed) {
    response.destroy();
    return known !== null;
  }
  const statusCode = known?.statusCode ?? 500;
  const body = JSON.stringify(known ?? { statusCode, error: 'Internal Server Error' });
  response.writeHead(statusCode, {
    'content-type': 'application/json; charset=utf-8',
    'content-length': Buffer.byteLength(body),
    ...known?.headers,
  });
  response.end(body);
  cutOff(request, response);
  return known !== null;
}

/** Ends the connection of a request that was answered before its body had arrived, if that does not end soon. */
export function cutOff(request: IncomingMessage, response: ServerResponse): void {
  if (request.complete) return;
  response.once('finish', () => {
    if (request.complete) return;
    request.resume();
    const timer = setTimeout(() => {
      if (!request.complete) request.socket.destroy();
    }, lingerMs);
    timer.unref();
    request.once('close', () => clearTimeout(timer));
  });
}
