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
  // HTTP/2 servers have only some of these methods, or none.
  if (typeof server?.closeAllConnections !== 'function') {
    throw new InvalidOptionError('server', server, `server must be a node:http Server, not ${show(server)}`);
  }
  const closed = new Promise<void>((resolve) => server.close(() => resolve()));
  // Kept alive, and nothing to say: they would hold the server open until they time out.
  server.closeIdleConnections();
  const idle = setInterval(() => server.closeIdleConnections(), 10);
  const cut = whenTimeIsUp(gate, () => server.closeAllConnections());
  await gate.close();
  await closed;
  clearInterval(idle);
  clearTimeout(cut);
}

/** To cut what is open then: somebody who still sends a body, say. To be cleared when all have gone. */
export function whenTimeIsUp({ options }: OverloadGate, cut: () => void): NodeJS.Timeout {
  return setTimeout(cut, options.closeMs + answerMs);
}
