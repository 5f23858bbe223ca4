import type { Server } from 'node:http';
import type { OverloadGate } from './overload-gate.ts';

/** What is answered within this time after the last work has settled; then connections are cut. Milliseconds. */
const answerMs = 500;

/**
 * Ends a server that has a gate: takes no more connections, closes the gate, and resolves when every admitted request has
 * been answered or refused. That takes `closeMs` and half a second at the most.
 */
export async function closeServer(server: Server, gate: OverloadGate): Promise<void> {
  const closed = new Promise<void>((resolve) => server.close(() => resolve()));
  // Kept alive, and nothing to say: they would hold the server open until they time out.
  server.closeIdleConnections();
  await gate.close();
  const timer = setTimeout(() => server.closeAllConnections(), answerMs);
  const idle = setInterval(() => server.closeIdleConnections(), 10);
  await closed;
  clearTimeout(timer);
  clearInterval(idle);
}
