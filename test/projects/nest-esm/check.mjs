// The application serves and ends on SIGTERM; a CommonJS one gets the same copy.
import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { createServer } from 'node:net';

assert.equal(execFileSync(process.execPath, ['dist/required.cjs'], { encoding: 'utf8' }), 'true true\n');

const server = createServer().listen(0);
await new Promise((resolve) => server.once('listening', resolve));
const PORT = server.address().port;
await new Promise((resolve) => server.close(resolve));
const child = spawn(process.execPath, ['dist/main.js'], { env: { ...process.env, PORT } });
let output = '';
for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (output += chunk));
const ended = new Promise((resolve) => child.once('close', (code, signal) => resolve(signal ?? code)));
const at = (path) => fetch(`http://localhost:${PORT}/${path}`).catch(() => null);
while (!(await at('')) && child.exitCode === null) await new Promise((resolve) => setTimeout(resolve, 20));
try {
  for (const path of ['request', 'executor']) assert.equal(await (await at(path)).text(), '25');
  child.kill('SIGTERM');
  assert.ok([0, 'SIGTERM'].includes(await ended));
} catch (error) {
  child.kill('SIGKILL');
  throw new Error(output, { cause: error });
}
