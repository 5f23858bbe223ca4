import type { IncomingMessage, ServerResponse } from 'node:http';
import { cutOff } from './cut-off.ts';
import { sayable, toHttpError } from './http-error.ts';

/**
 * Answers an error on plain `node:http`: an error about load as `toHttpError` says, as JSON; any other with 500 and no details.
 * Returns true for an error about load, so that the caller can log the others. Discards a body that is still arriving for a
 * second, then cuts the connection.
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
    ...(known && sayable(known, request).headers),
  });
  cutOff(request, response);
  response.end(body);
  return known !== null;
}
