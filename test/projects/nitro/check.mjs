// What Nitro has put together answers from a folder of its own: it has traced Millrace, and built the task module. So does its
// development server.
import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, renameSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const host = '127.0.0.1';

/** What the route of a server answers, once it does. */
async function answerOf(args, cwd) {
  const free = createServer().listen(0);
  await new Promise((resolve) => free.once('listening', resolve));
  const { port } = free.address();
  await new Promise((resolve) => free.close(resolve));
  const env = { ...process.env, PORT: String(port), HOST: host };
  const child = spawn(process.execPath, args, { cwd, env });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (output += chunk));
  // The development server answers 503 until it has built the routes.
  let response;
  while ((response === undefined || response.status === 503) && child.exitCode === null) {
    await new Promise((resolve) => setTimeout(resolve, 20));
    response = await fetch(`http://${host}:${port}/primes`).catch(() => undefined);
  }
  const text = (await response?.text()) ?? output;
  child.kill();
  await new Promise((resolve) => (child.exitCode === null ? child.once('close', resolve) : resolve()));
  return text;
}

const nitro = join(import.meta.dirname, 'node_modules/nitropack/dist/cli/index.mjs');
assert.equal(await answerOf([nitro, 'dev'], import.meta.dirname), '25');

execFileSync(process.execPath, [nitro, 'build'], { stdio: 'pipe' });
const folder = mkdtempSync(join(tmpdir(), 'millrace-nitro-'));
renameSync('.output', join(folder, 'output'));
assert.equal(await answerOf(['output/server/index.mjs'], folder), '25');
rmSync(folder, { recursive: true });
