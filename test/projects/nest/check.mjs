// The built application serves over both adapters, refuses, and ends on SIGTERM.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { createServer } from 'node:net';

const freePort = () =>
  new Promise((resolve) => {
    const server = createServer().listen(0, () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });

for (const file of ['dist/main.js', 'dist/fastify.js']) {
  const PORT = await freePort();
  const child = spawn(process.execPath, [file], { env: { ...process.env, PORT } });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (output += chunk));
  const ended = new Promise((resolve) => child.once('close', (code, signal) => resolve(signal ?? code)));
  while (!output.includes('successfully started') && child.exitCode === null)
    await new Promise((resolve) => setTimeout(resolve, 20));
  const at = (path, init) => fetch(`http://localhost:${PORT}/primes/${path}`, init);
  try {
    while (!(await at('1').catch(() => null))) await new Promise((resolve) => setTimeout(resolve, 20));
    assert.deepEqual(await (await at('100')).json(), { primes: 25 });
    assert.deepEqual(await (await at('total/100')).json(), { primes: 49 });
    // Known by now, so more than its clients wait for is refused.
    await at('300000');
    let refused = [];
    // As many at once as this machine can't serve.
    for (let length = 40; refused.length === 0; length *= 2) {
      const answers = await Promise.all(Array.from({ length }, () => at('300000')));
      refused = answers.filter(({ status }) => status === 503);
    }
    for (const answer of refused) {
      // What was cut off while it ran would take as long again: it is not told when to come back.
      const { code } = await answer.json();
      if (code !== 'ERR_MILLRACE_TIMEOUT') assert.ok(Number(answer.headers.get('retry-after')) >= 1, code);
    }
    child.kill('SIGTERM');
    assert.ok([0, 'SIGTERM'].includes(await ended));
    assert.doesNotMatch(output, /ERROR|Error/);
  } catch (error) {
    child.kill('SIGKILL');
    throw new Error(`${file}: ${output}`, { cause: error });
  }
}
