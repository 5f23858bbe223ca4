import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { parentPort, workerData } from 'node:worker_threads';
import type { MessagePort } from 'node:worker_threads';
import { AccessControl } from './serve/access.ts';
import { respond } from './serve/respond.ts';
import { Viewers } from './serve/viewers.ts';
import type { FromThread, ThreadStart, ToThread } from './thread-messages.ts';
import { emptyScene } from './verdict/scene.ts';
import { verdict } from './verdict/verdict.ts';

/*
 * The thread that serves the page. The main thread sends it a frame four times a second while there are viewers; if no frame
 * arrives, it tells the viewers so.
 */

const { token, hosts, maxViewers, record, port, host } = workerData as ThreadStart;
const main = parentPort as MessagePort;
const always = record === 'always';
/** Milliseconds without a frame after which the main thread counts as silent. */
const silentMs = 1000;

let heardAt = performance.now();
let watched = always;

const viewers = new Viewers(maxViewers, always, (count) => {
  const isFirst = count > 0 && !watched;
  watched = count > 0 || always;
  if (isFirst) heardAt = performance.now();
  tell({ kind: 'viewers', count });
});
const access = new AccessControl({ token, hosts });
const server = createServer((request, response) => respond(request, response, { access, viewers }));

server.once('error', (error: NodeJS.ErrnoException) => {
  tell({ kind: 'failed', code: error.code, message: error.message });
});
server.listen(port, host, () => tell({ kind: 'listening', port: (server.address() as AddressInfo).port }));

const watch = setInterval(() => {
  const silent = performance.now() - heardAt;
  if (!watched || silent < silentMs) return;
  viewers.tellOnce('silent', JSON.stringify(verdict({ ...emptyScene, silentMs: silent })));
}, 250);

main.on('message', (message: ToThread) => {
  if (message.kind === 'frame') {
    heardAt = performance.now();
    viewers.tell(message.frame);
    return;
  }
  clearInterval(watch);
  viewers.close();
  server.close();
  server.closeAllConnections();
  main.close();
});

function tell(message: FromThread): void {
  main.postMessage(message);
}
