import type { IncomingMessage, ServerResponse } from 'node:http';

/** Time to read and discard a refused body before the connection is cut, in milliseconds. */
const lingerMs = 1000;

const watched = new WeakSet<IncomingMessage>();

/**
 * Ends the connection of a request that is answered before its body has arrived, if the body does not end within a second.
 * (Closing at once would reset the connection, and a client that is still sending would lose the answer: RFC 9112, section 9.6.
 * Reading without end would let it send for ever.) Calling it again does nothing.
 */
export function cutOff(request: IncomingMessage, response: ServerResponse): void {
  // A request that a framework injects has no `complete`, and no connection.
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
