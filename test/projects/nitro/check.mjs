// What Nitro has put together answers from a folder of its own: it has traced Millrace, and built the task module.
import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, renameSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

execFileSync('node_modules/.bin/nitropack', ['build'], { stdio: 'pipe' });
const folder = mkdtempSync(join(tmpdir(), 'millrace-nitro-'));
renameSync('.output', join(folder, 'output'));
const free = createServer().listen(0);
await new Promise((resolve) => free.once('listening', resolve));
const PORT = String(free.address().port);
await new Promise((resolve) => free.close(resolve));
const child = spawn(process.execPath, ['output/server/index.mjs'], {
  cwd: folder,
  env: { ...process.env, PORT, HOST: '127.0.0.1' },
});
let output = '';
for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (output += chunk));
const ask = () => fetch(`http://127.0.0.1:${PORT}/primes`).catch(() => null);
let answer = await ask();
while (answer === null && child.exitCode === null) {
  await new Promise((resolve) => setTimeout(resolve, 20));
  answer = await ask();
}
const text = await answer?.text();
child.kill();
rmSync(folder, { recursive: true });
assert.equal(text, '25', output);
