// Two processes share the cores, and a reload under load fails no request.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { createServer } from 'node:net';

const port = createServer().listen(0);
await new Promise((resolve) => port.once('listening', resolve));
const PORT = String(port.address().port);
await new Promise((resolve) => port.close(resolve));
const env = { ...process.env, PM2_HOME: `${process.cwd()}/.pm2`, PORT };
const pm2 = (...args) =>
  execFileSync(process.execPath, ['node_modules/pm2/bin/pm2', ...args], { env, encoding: 'utf8' });

const digest = createHash('sha256').update('abc').digest('hex');
async function ask() {
  const answer = await fetch(`http://localhost:${PORT}`, {
    method: 'POST',
    body: 'abc',
    headers: { connection: 'close' },
  });
  assert.equal(await answer.text(), digest);
}

try {
  pm2('start', 'ecosystem.config.cjs');
  await ask();
  let reloaded = false;
  const asking = (async () => {
    let asked = 0;
    for (; !reloaded || asked < 10; asked++) await ask();
    return asked;
  })();
  const { spawn } = await import('node:child_process');
  const reload = spawn(process.execPath, ['node_modules/pm2/bin/pm2', 'reload', 'server'], { env });
  assert.equal(await new Promise((resolve) => reload.once('close', resolve)), 0);
  reloaded = true;
  assert.ok((await asking) >= 10);
} finally {
  pm2('kill');
}
