import type { Server } from 'node:http';
import { InvalidOptionError } from '../index.ts';
import { show } from '../options.ts';
import { OverloadGate } from './overload-gate.ts';

/** For answers that are on their way when the gate's time is up. Milliseconds. */
const answerMs = 500;

/**
 * Ends a server that has a gate: takes no more connections, closes the gate, and resolves when every request has been
 * answered or refused. That takes `closeMs` and half a second at the most: connections that are open then are cut.
 *
 * Rejects with `InvalidOptionError` for anything that is not a server or not a gate.
 */
export async function closeServer(server: Server, gate: OverloadGate): Promise<void> {
  OverloadGate.check(gate);
  if (typeof server?.closeIdleConnections !== 'function') {
    throw new InvalidOptionError('server', server, `server must be a node:http Server, not ${show(server)}`);
  }
  const closed = new Promise<void>((resolve) => server.close(() => resolve()));
  // Kept alive, and nothing to say: they would hold the server open until they time out.
  server.closeIdleConnections();
  const idle = setInterval(() => server.closeIdleConnections(), 10);
  const cut = cutConnections(server, gate);
  await gate.close();
  await closed;
  clearInterval(idle);
  clearTimeout(cut);
}

/** Cuts what is open when the gate's time is up: somebody who still sends a body, say. To be cleared when all have gone. */
export function cutConnections(
  server: Pick<Server, 'closeAllConnections'>,
  { options }: OverloadGate,
): NodeJS.Timeout {
  return setTimeout(() => server.closeAllConnections(), options.closeMs + answerMs);
}
