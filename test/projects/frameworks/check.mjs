// Each server of docs/frameworks.md answers, refuses with 503 and Retry-After without a line in the log, and ends on SIGTERM.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { createServer } from 'node:net';

const large = 'x'.repeat(2 ** 19);
const plain = (text) => text;
const servers = [
  { file: 'koa.mjs', path: '/', bodyOf: plain },
  { file: 'hono.mjs', path: '/', bodyOf: plain },
  { file: 'trpc.mjs', path: '/hash', bodyOf: JSON.stringify },
  {
    file: 'yoga.mjs',
    path: '/graphql',
    bodyOf: (text) =>
      JSON.stringify({ query: 'query ($text: String!) { hash(text: $text) }', variables: { text } }),
  },
];

async function freePort() {
  const server = createServer().listen(0);
  await new Promise((resolve) => server.once('listening', resolve));
  const { port } = server.address();
  await new Promise((resolve) => server.close(resolve));
  return port;
}

for (const { file, path, bodyOf } of servers) {
  const PORT = await freePort();
  const env = { ...process.env, PORT, NODE_ENV: 'production' };
  const child = spawn(process.execPath, [file], { env });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (output += chunk));
  const ended = new Promise((resolve) => child.once('close', resolve));
  const ask = (text, headers = {}) =>
    fetch(`http://localhost:${PORT}${path}`, {
      method: 'POST',
      body: bodyOf(text),
      headers: { 'content-type': 'application/json', ...headers },
    });
  try {
    while (child.exitCode === null && !(await ask('').catch(() => null)))
      await new Promise((resolve) => setTimeout(resolve, 20));
    const digest = createHash('sha256').update('abc').digest('hex');
    assert.ok((await (await ask('abc')).text()).includes(digest));
    const bad = await ask('abc', { 'request-timeout-ms': 'soon' });
    assert.equal(bad.status, 400);
    assert.match(await bad.text(), /request-timeout-ms/);
    const hurried = { 'request-timeout-ms': '1' };
    // One that had begun is told nothing of when to come again: it would take as long.
    for (let refused = 0; refused === 0; ) {
      const answers = await Promise.all(Array.from({ length: 40 }, () => ask(large, hurried)));
      assert.ok(answers.every(({ status }) => status === 200 || status === 503));
      refused = answers.filter(({ headers }) => Number(headers.get('retry-after')) >= 1).length;
    }
    child.kill('SIGTERM');
    assert.equal(await ended, 0);
    assert.equal(output.replace(/^.*listening.*$/gim, '').trim(), '');
  } catch (error) {
    child.kill('SIGKILL');
    throw new Error(`${file}: ${output}`, { cause: error });
  }
}
