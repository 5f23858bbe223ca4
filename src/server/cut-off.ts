import type { IncomingMessage, ServerResponse } from 'node:http';

/** How long a refused body is read and thrown away before the connection is cut. Milliseconds. */
const lingerMs = 1000;

const watched = new WeakSet<IncomingMessage>();

/**
 * Ends the connection of a request whose answer is finished before its body has arrived, if that does not end soon.
 * (Closing at once would reset the connection, and take the answer away from a client that is still sending: RFC 9112,
 * section 9.6. Reading on would let it send for ever.) May be called more than once.
 */
export function cutOff(request: IncomingMessage, response: ServerResponse): void {
  // What a framework injects says nothing of it, and has no connection.
  if (!('complete' in request) || request.complete || watched.has(request)) return;
  watched.add(request);
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
