import type { Server } from 'node:http';
import type { Http2SecureServer, Http2Server } from 'node:http2';
import { Server as NetServer } from 'node:net';
import { InvalidOptionError } from '../index.ts';
import { longestTimer, show } from '../base/options.ts';
import { allClosed, closeIdle, cut } from './connections.ts';
import { OverloadGate } from './overload-gate.ts';

/** Time for answers that are on their way when `closeMs` has passed, in milliseconds. */
const answerMs = 500;

/**
 * Ends a server that has a gate: accepts no more connections, closes the gate, and resolves when every request has been answered or
 * refused. After `closeMs` and half a second it cuts every connection that is still open, upgraded ones (WebSocket) too. Connections
 * that were accepted before `millrace/http` was first imported are known only if they are HTTP/1.1, or a request of the gate has
 * come over them. Does not shut the executor down.
 *
 * @param server a server of `node:http`, `node:https` or `node:http2`.
 *
 * Rejects with `InvalidOptionError` for anything that is not a server or not a gate.
 */
export async function closeServer(
  server: Server | Http2Server | Http2SecureServer,
  gate: OverloadGate,
): Promise<void> {
  OverloadGate.check(gate);
  if (!(server instanceof NetServer)) {
    const message = `server must be a node:http Server, or one of node:https or node:http2, not ${show(server)}`;
    throw new InvalidOptionError('server', server, message);
  }
  const closed = new Promise<void>((resolve) => server.close(() => resolve()));
  const stop = closeConnections(server, gate);
  await gate.close();
  await closed;
  await allClosed(server);
  stop();
}

/**
 * Closes the connections of a server that accepts no more: each as it becomes idle, and all that are still open half a second
 * after the gate's `closeMs`.
 *
 * @returns a function to call when all connections have closed.
 */
export function closeConnections(server: NetServer, gate: OverloadGate): () => void {
  closeIdle(server);
  const idle = setInterval(() => closeIdle(server), 10);
  const timeUp = whenTimeIsUp(gate, () => cut(server));
  return () => {
    clearInterval(idle);
    clearTimeout(timeUp);
  };
}

/** A timer that cuts the connections that are open half a second after `closeMs`. Clear it when all have closed. */
export function whenTimeIsUp({ options }: OverloadGate, cutAll: () => void): NodeJS.Timeout {
  return setTimeout(cutAll, Math.min(options.closeMs + answerMs, longestTimer));
}
