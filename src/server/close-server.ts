import type { Server } from 'node:http';
import type { Http2SecureServer, Http2Server } from 'node:http2';
import { Server as NetServer } from 'node:net';
import { InvalidOptionError } from '../index.ts';
import { longestTimer, show } from '../base/options.ts';
import { allClosed, closeIdle, cut } from './connections.ts';
import { OverloadGate } from './overload-gate.ts';

/** For answers that are on their way when the gate's time is up. Milliseconds. */
const answerMs = 500;

/**
 * Ends a server that has a gate: takes no more connections, closes the gate, and resolves when every request has been
 * answered or refused. That takes `closeMs` and half a second at the most: connections that are open then are cut, whatever
 * has become of them (a WebSocket, say). Connections that were accepted before `millrace/http` was first imported are only
 * known if they are HTTP/1.1, or a request of the gate has come over them.
 *
 * @param server of `node:http`, `node:https` or `node:http2`.
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
  closeIdle(server);
  const idle = setInterval(() => closeIdle(server), 10);
  const timeUp = whenTimeIsUp(gate, () => cut(server));
  await gate.close();
  await closed;
  await allClosed(server);
  clearInterval(idle);
  clearTimeout(timeUp);
}

/** To cut what is open then: somebody who still sends a body, say. To be cleared when all have gone. */
export function whenTimeIsUp({ options }: OverloadGate, cutAll: () => void): NodeJS.Timeout {
  return setTimeout(cutAll, Math.min(options.closeMs + answerMs, longestTimer));
}
