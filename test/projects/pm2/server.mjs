// server.mjs
import { createServer } from 'node:http';
import { text } from 'node:stream/consumers';
import { Executor } from 'millrace';
import { closeServer, OverloadGate, sendError } from 'millrace/http';
import { hashing } from 'millrace/tasks';

const workers = process.env.WORKERS && Number(process.env.WORKERS);
const executor = new Executor(workers ? { workers } : {});
const gate = new OverloadGate(executor, { deadlineMs: 2000, closeMs: 5000 });
const server = createServer(async (request, response) => {
  const own = gate.enter(request, response);
  try {
    response.end(await own.run(hashing.hashBytes(await text(request))));
  } catch (error) {
    if (!sendError(request, response, error)) console.error(error);
  }
});
await executor.ready(); // the first request does not wait for threads
server.listen(process.env.PORT, () => process.send?.('ready')); // pm2's wait_ready
for (const signal of ['SIGINT', 'SIGTERM']) // pm2 sends the first, containers the second
  process.once(signal, async () => {
    await closeServer(server, gate);
    await executor.shutdown();
    process.exit();
  });
