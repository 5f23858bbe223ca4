import { subscribe } from 'node:diagnostics_channel';
import type { IncomingMessage, Server as HttpServer } from 'node:http';
import type { Http2Session } from 'node:http2';
import type { Server } from 'node:net';
import type { Duplex } from 'node:stream';

/*
 * All open connections of this process's servers, so that they can be cut when a server's time is up. A server alone does not
 * suffice: `closeAllConnections()` skips upgraded connections, connections during a TLS handshake and HTTP/2; and a framework
 * that listens on several addresses has servers that no other code knows.
 *
 * Contains the connections accepted since this module was loaded, and those over which a request of a gate has come.
 */

type Connection = Duplex | Http2Session;

const open = new Map<Server, Set<Connection>>();
const watched = new WeakSet<Server>();

// Before the first connection: only an event tells of a session of HTTP/2.
subscribe('tracing:net.server.listen:asyncStart', (message) => {
  watch((message as { readonly server: Server }).server);
});
// The socket below TLS, HTTP or an upgraded protocol: destroying it ends them all.
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

/** The server that received a request; undefined for a request that a framework injects. */
export function serverOf({ socket }: IncomingMessage): Server | undefined {
  return (socket as { readonly server?: Server }).server;
}

/** Registers the connection of a request: its server may not have accepted it itself, but received it by `emit`. */
export function know(request: IncomingMessage): void {
  const server = serverOf(request);
  const { stream } = request as { readonly stream?: { readonly session?: Http2Session } };
  const connection = stream === undefined ? request.socket : stream.session;
  if (server !== undefined && connection !== undefined) add(server, connection);
}

/** Servers with open connections and the same handler: a framework makes one for each further address of a host name. */
export function alike(server: Server): Server[] {
  const [serve] = server.listeners('request');
  return serve === undefined
    ? []
    : [...open.keys()].filter((other) => other.listeners('request').includes(serve));
}

/** Closes idle kept-alive connections, which would hold the server open until they time out. */
export function closeIdle(server: Server): void {
  (server as Partial<HttpServer>).closeIdleConnections?.();
  for (const connection of open.get(server) ?? []) {
    if ('goaway' in connection && !connection.closed) connection.close();
  }
}

/** Cuts every connection, in whatever state. */
export function cut(server: Server): void {
  (server as Partial<HttpServer>).closeAllConnections?.();
  for (const connection of open.get(server) ?? []) connection.destroy();
}

/** Resolves when no connection is open. (`server.close()` waits only for connections that the server has accepted itself.) */
export async function allClosed(server: Server): Promise<void> {
  for (let all = open.get(server); all !== undefined; all = open.get(server)) {
    await Promise.all(
      [...all].map((connection) => new Promise((resolve) => connection.once('close', resolve))),
    );
  }
}
