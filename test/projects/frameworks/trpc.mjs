// trpc.mjs
import { initTRPC, TRPCError } from '@trpc/server';
import { createHTTPServer } from '@trpc/server/adapters/standalone';
import { Executor } from 'millrace';
import { closeServer, OverloadGate, toHttpError } from 'millrace/http';
import { hashing } from 'millrace/tasks';

const executor = new Executor();
const gate = new OverloadGate(executor, { deadlineMs: 2000 });
const t = initTRPC.context().create();

const statusCodes = { 400: 'BAD_REQUEST', 499: 'CLIENT_CLOSED_REQUEST', 503: 'SERVICE_UNAVAILABLE' };
const procedure = t.procedure.use(async ({ next }) => {
  const result = await next();
  const known = result.ok ? null : toHttpError(result.error.cause);
  if (known === null) return result;
  throw new TRPCError({ code: statusCodes[known.statusCode], message: known.message, cause: known });
});

const router = t.router({
  hash: procedure.input(String).mutation(({ ctx, input }) => ctx.millrace.run(hashing.hashBytes(input))),
});
const server = createHTTPServer({
  router,
  createContext: ({ req, res }) => ({ millrace: gate.enter(req, res, { class: 'normal' }) }),
  responseMeta({ errors }) {
    const [known] = errors.map(({ cause }) => toHttpError(cause)).filter(Boolean);
    return known === undefined ? {} : { headers: known.headers };
  },
  onError({ error }) {
    if (toHttpError(error.cause) === null) console.error(error);
  },
});
server.listen(process.env.PORT);
process.once('SIGTERM', async () => {
  await closeServer(server, gate);
  await executor.shutdown();
});
