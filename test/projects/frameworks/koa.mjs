// koa.mjs
import { text } from 'node:stream/consumers';
import Koa from 'koa';
import { Executor } from 'millrace';
import { closeServer, OverloadGate } from 'millrace/http';
import { hashing } from 'millrace/tasks';

const executor = new Executor();
const gate = new OverloadGate(executor, { deadlineMs: 2000 });
const app = new Koa();
app.use(async (ctx) => {
  const own = gate.enter(ctx.req, ctx.res);
  own.check();
  ctx.body = await own.run(hashing.hashBytes(await text(ctx.req)));
});
const server = app.listen(process.env.PORT);
process.once('SIGTERM', async () => {
  await closeServer(server, gate);
  await executor.shutdown();
});
