import type { IncomingMessage, Server } from 'node:http';
import type { Http2Session } from 'node:http2';
import { Socket } from 'node:net';

/**
 * Connections that requests have come over, to be cut when a server's time is up. `closeAllConnections()` is not enough:
 * HTTP/2 servers have none, and a framework that listens on more than one address has servers that nobody else knows.
 */
export class Connections {
  readonly #open = new Set<Socket | Http2Session>();

  /** The request's connection, until it is closed. */
  add(request: IncomingMessage): void {
    const connection = connectionOf(request);
    if (connection === undefined || this.#open.has(connection)) return;
    this.#open.add(connection);
    connection.once('close', () => this.#open.delete(connection));
  }

  /** And whatever else the server knows, such as connections whose request has not quite begun. */
  cut(server: Partial<Pick<Server, 'closeAllConnections'>>): void {
    server.closeAllConnections?.();
    for (const connection of this.#open) connection.destroy();
  }
}

/** Undefined for a request that a framework injects: it has a mock for a socket, which would never be closed. */
function connectionOf(request: IncomingMessage): Socket | Http2Session | undefined {
  const { stream } = request as IncomingMessage & { readonly stream?: { readonly session?: Http2Session } };
  if (stream !== undefined) return stream.session;
  return request.socket instanceof Socket ? request.socket : undefined;
}
