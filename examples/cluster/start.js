/*
 * All of it on one machine: starts Redis on a free port, two hosts and the program, and ends them.
 *
 *   node start.js PICTURES THUMBNAILS
 */
import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

const cli = join(dirname(createRequire(import.meta.url).resolve('millrace/package.json')), 'dist', 'cli.js');
const folder = mkdtempSync(join(tmpdir(), 'millrace-cluster-'));
const port = await freePort();
const env = {
  ...process.env,
  MILLRACE_REDIS_URL: `redis://127.0.0.1:${port}`,
  MILLRACE_SECRET: randomBytes(32).toString('hex'),
};
const running = [];
const start = (command, args) => {
  const child = spawn(command, args, { env, stdio: ['ignore', 'inherit', 'inherit'] });
  running.push(child);
  return child;
};

try {
  const redis = [
    '--port',
    String(port),
    '--bind',
    '127.0.0.1',
    '--dir',
    folder,
    '--save',
    '',
    '--loglevel',
    'warning',
  ];
  start('redis-server', redis);
  await answers(port);
  for (let host = 0; host < 2; host++)
    start(process.execPath, [
      cli,
      'worker',
      '--queue',
      'thumbs',
      '--tasks',
      'millrace/tasks',
      '--workers',
      '1',
    ]);
  const main = fileURLToPath(new URL('main.js', import.meta.url));
  const [code] = await once(start(process.execPath, [main, ...process.argv.slice(2)]), 'exit');
  process.exitCode = code ?? 1;
} finally {
  // Hosts first, so that they can say goodbye.
  for (const child of running.toReversed()) {
    if (child.exitCode !== null || child.signalCode !== null) continue;
    child.kill('SIGTERM');
    await once(child, 'exit');
  }
  rmSync(folder, { recursive: true, force: true });
}

async function freePort() {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const found = server.address().port;
  server.close();
  return found;
}

async function answers(at) {
  for (let left = 100; left > 0; left--) {
    const socket = connect(at, '127.0.0.1');
    try {
      await once(socket, 'connect');
      return;
    } catch {
      await sleep(50);
    } finally {
      socket.destroy();
    }
  }
  throw new Error('redis-server does not answer: is it installed?');
}
