import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AccessControl } from './access.ts';
import { page } from './page.ts';
import type { Viewers } from './viewers.ts';

const always = {
  'cache-control': 'no-store',
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cross-origin-resource-policy': 'same-origin',
  'cross-origin-opener-policy': 'same-origin',
  'x-frame-options': 'DENY',
};

/**
 * Answers one request of a browser: `?events` opens a viewer's connection, `?seen=ID` confirms that
 * the viewer still reads, and any other query gets the page. All three use one path, so the
 * inspector can be mounted anywhere.
 *
 * Statuses besides 200, 204 and 304: 401 or 403 if `access` refuses, 405 if the method is neither GET
 * nor HEAD, 503 if all places of viewers are taken, 303 to remove the token from the address.
 */
export function respond(
  request: IncomingMessage,
  response: ServerResponse,
  { access, viewers }: { readonly access: AccessControl; readonly viewers: Viewers },
): void {
  for (const [name, value] of Object.entries(always)) response.setHeader(name, value);
  // Express removes its mount path from `url`.
  const { url = '/' } = request;
  const at = url.indexOf('?');
  const query = new URLSearchParams(at === -1 ? '' : url.slice(at + 1));
  const permitted = access.check(request, query);
  if (!permitted.allowed) {
    const headers = permitted.status === 401 ? { 'www-authenticate': 'Bearer realm="millrace"' } : {};
    return say(response, permitted.status, permitted.why, headers);
  }
  if (request.method !== 'GET' && request.method !== 'HEAD') {
    return say(response, 405, 'the inspector answers only GET and HEAD', { allow: 'GET, HEAD' });
  }
  if (permitted.cookie !== undefined) response.setHeader('set-cookie', permitted.cookie);
  if (query.has('events')) {
    if (request.method === 'HEAD')
      return void response.writeHead(200, { 'content-type': 'text/event-stream' }).end();
    if (!viewers.hasRoom())
      return say(response, 503, 'the inspector already has as many viewers as maxViewers allows', {
        'retry-after': '10',
      });
    return viewers.add(request, response);
  }
  const seen = query.get('seen');
  if (seen !== null) {
    viewers.seen(Number(seen));
    return void response.writeHead(204).end();
  }
  // Redirect: the token must not stay in the address bar, in the history, or on a screenshot.
  if (query.has('token')) return void response.writeHead(303, { location: '?' }).end();
  return sendPage(request, response);
}

function sendPage(request: IncomingMessage, response: ServerResponse): void {
  const { html, gzipped, etag, policy } = page();
  response.setHeader('content-security-policy', policy);
  response.setHeader('etag', etag);
  response.setHeader('vary', 'accept-encoding');
  if (request.headers['if-none-match'] === etag) return void response.writeHead(304).end();
  const zipped = /\bgzip\b/.test(`${request.headers['accept-encoding']}`);
  const body = zipped ? gzipped : html;
  response.writeHead(200, {
    'content-type': 'text/html; charset=utf-8',
    'content-length': body.length,
    ...(zipped && { 'content-encoding': 'gzip' }),
  });
  return void response.end(request.method === 'HEAD' ? undefined : body);
}

function say(
  response: ServerResponse,
  status: number,
  text: string,
  headers: Record<string, string> = {},
): void {
  response.writeHead(status, { 'content-type': 'text/plain; charset=utf-8', ...headers }).end(`${text}\n`);
}
