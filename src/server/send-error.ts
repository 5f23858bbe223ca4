import type { IncomingMessage, ServerResponse } from 'node:http';
import { cutOff } from './cut-off.ts';
import { sayable, toHttpError } from './http-error.ts';

/**
 * Answers an error on plain `node:http`: what `toHttpError` makes of it as JSON, 500 without details for anything else.
 * Returns whether it was about load, so that the rest can be logged. A body that is still arriving is thrown away for a
 * second and then cut off.
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
