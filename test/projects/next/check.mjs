// The standalone build answers and refuses; in development the executor survives a reload of its module.
import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { appendFileSync } from 'node:fs';
import { createServer } from 'node:net';

const next = ['node_modules/next/dist/bin/next'];

async function freePort() {
  const server = createServer().listen(0);
  await new Promise((resolve) => server.once('listening', resolve));
  const { port } = server.address();
  await new Promise((resolve) => server.close(resolve));
  return String(port);
}

async function serve(args, options, use) {
  const PORT = await freePort();
  const env = { ...process.env, PORT, HOSTNAME: '127.0.0.1' };
  const child = spawn(process.execPath, args, { ...options, env });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (output += chunk));
  const ended = new Promise((resolve) => child.once('close', resolve));
  const at = (path) => fetch(`http://127.0.0.1:${PORT}/api/${path}`);
  try {
    while (child.exitCode === null && !(await at('submitted').catch(() => null)))
      await new Promise((resolve) => setTimeout(resolve, 50));
    await use(at);
    child.kill('SIGTERM');
    await ended;
  } catch (error) {
    child.kill('SIGKILL');
    throw new Error(output, { cause: error });
  }
}

execFileSync(process.execPath, [...next, 'build'], { stdio: 'pipe' });
await serve(['server.js'], { cwd: '.next/standalone' }, async (at) => {
  assert.deepEqual(await (await at('primes/100')).json(), { count: 25 });
  await at('primes/2000000');
  // As many at once as this machine can't serve.
  for (let length = 40, refused = 0; refused === 0; length *= 2) {
    const answers = await Promise.all(Array.from({ length }, () => at('primes/2000000')));
    assert.ok(answers.every(({ status }) => status === 200 || status === 503));
    refused = answers.filter(({ headers }) => Number(headers.get('retry-after')) >= 1).length;
  }
});

await serve([...next, 'dev'], {}, async (at) => {
  assert.deepEqual(await (await at('primes/100')).json(), { count: 25 });
  appendFileSync('lib/executor.js', '\nexport const reloaded = true;\n');
  appendFileSync('app/api/primes/[below]/route.js', '\nexport const maxDuration = 5;\n');
  assert.deepEqual(await (await at('primes/100')).json(), { count: 25 });
  assert.equal(await (await at('submitted')).json(), 2);
});
