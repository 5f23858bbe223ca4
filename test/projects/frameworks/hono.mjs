// hono.mjs
import { serve } from '@hono/node-server';
import { Hono } from 'hono';
import { Executor } from 'millrace';
import { closeServer, OverloadGate, toHttpError } from 'millrace/http';
import { hashing } from 'millrace/tasks';

const executor = new Executor();
const gate = new OverloadGate(executor, { deadlineMs: 2000 });
const app = new Hono();
app.post('/', async (c) => {
  const own = gate.enter(c.env.incoming, c.env.outgoing);
  own.check();
  return c.text(await own.run(hashing.hashBytes(await c.req.text())));
});
app.onError((error, c) => {
  const known = toHttpError(error);
  if (known !== null) return c.json(known, known.statusCode, known.headers);
  console.error(error);
  return c.text('Internal Server Error', 500);
});
const server = serve({ fetch: app.fetch, port: process.env.PORT });
process.once('SIGTERM', async () => {
  await closeServer(server, gate);
  await executor.shutdown();
});
