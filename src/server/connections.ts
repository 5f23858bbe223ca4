import { subscribe } from 'node:diagnostics_channel';
import type { IncomingMessage, Server as HttpServer } from 'node:http';
import type { Http2Session } from 'node:http2';
import type { Server } from 'node:net';
import type { Duplex } from 'node:stream';

/*
 * All open connections of this process's servers, so that they can be cut when a server's time is up. A server itself
 * tells too little: `closeAllConnections()` knows none that was upgraded, none in the midst of a TLS handshake and none
 * of HTTP/2; and a framework that listens on more than one address has servers that nobody else knows.
 *
 * Known is what was accepted since this module was loaded, and what a request of a gate has come over.
 */

type Connection = Duplex | Http2Session;

const open = new Map<Server, Set<Connection>>();
const watched = new WeakSet<Server>();

// Before the first connection: a session of HTTP/2 is told of by an event only.
subscribe('tracing:net.server.listen:asyncStart', (message) => {
  watch((message as { readonly server: Server }).server);
});
// Below TLS, HTTP and what has replaced them: to destroy it destroys whatever stands on it.
subscribe('net.server.socket', (message) => {
  const { socket } = message as { readonly socket: Duplex & { readonly server: Server } };
  add(socket.server, socket);
});

function watch(server: Server): void {
  if (watched.has(server)) return;
  watched.add(server);
  server.on('session', (session: Http2Session) => add(server, session));
}

function add(server: Server, connection: Connection): void {
  watch(server);
  const connections = open.get(server) ?? new Set();
  if (connections.has(connection) || connection.destroyed) return;
  open.set(server, connections.add(connection));
  connection.once('close', () => {
    connections.delete(connection);
    if (connections.size === 0 && open.get(server) === connections) open.delete(server);
  });
}

/** The server that a request came to; undefined for one that a framework injects. */
export function serverOf({ socket }: IncomingMessage): Server | undefined {
  return (socket as { readonly server?: Server }).server;
}

/** Keeps the connection that a request came over in mind: its server may have got it from elsewhere, and not accepted it. */
export function know(request: IncomingMessage): void {
  const server = serverOf(request);
  const { stream } = request as { readonly stream?: { readonly session?: Http2Session } };
  const connection = stream === undefined ? request.socket : stream.session;
  if (server !== undefined && connection !== undefined) add(server, connection);
}

/** Those with open connections that serve the same: a framework makes one for each further address of a host name. */
export function alike(server: Server): Server[] {
  const [serve] = server.listeners('request');
  return serve === undefined
    ? []
    : [...open.keys()].filter((other) => other.listeners('request').includes(serve));
}

/** Closes what is kept alive and has nothing to say; it would hold the server open until it times out. */
export function closeIdle(server: Server): void {
  (server as Partial<HttpServer>).closeIdleConnections?.();
  for (const connection of open.get(server) ?? []) {
    if ('goaway' in connection && !connection.closed) connection.close();
  }
}

/** Cuts every connection, whatever it is doing. */
export function cut(server: Server): void {
  (server as Partial<HttpServer>).closeAllConnections?.();
  for (const connection of open.get(server) ?? []) connection.destroy();
}

/** Resolves when none is open. A server that is closed waits for those that it has accepted itself, and for no other. */
export async function allClosed(server: Server): Promise<void> {
  for (let all = open.get(server); all !== undefined; all = open.get(server)) {
    await Promise.all(
      [...all].map((connection) => new Promise((resolve) => connection.once('close', resolve))),
    );
  }
}
