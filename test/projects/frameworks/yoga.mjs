// yoga.mjs
import { createServer } from 'node:http';
import { createGraphQLError, createSchema, createYoga } from 'graphql-yoga';
import { Executor } from 'millrace';
import { closeServer, OverloadGate, toHttpError } from 'millrace/http';
import { hashing } from 'millrace/tasks';

const executor = new Executor();
const gate = new OverloadGate(executor, { deadlineMs: 2000 });

// An error of GraphQL's own is answered as it is, and not logged.
async function run(millrace, task) {
  try {
    return await millrace.run(task);
  } catch (error) {
    const known = toHttpError(error);
    if (known === null) throw error;
    const { code, statusCode: status, headers } = known;
    throw createGraphQLError(known.message, { extensions: { code, http: { status, headers } } });
  }
}

const yoga = createYoga({
  schema: createSchema({
    typeDefs: 'type Query { hash(text: String!): String! }',
    resolvers: { Query: { hash: (_, { text }, { millrace }) => run(millrace, hashing.hashBytes(text)) } },
  }),
  context: ({ req, res }) => ({ millrace: gate.enter(req, res, { class: 'normal' }) }),
});
const server = createServer(yoga);
server.listen(process.env.PORT);
process.once('SIGTERM', async () => {
  await closeServer(server, gate);
  await executor.shutdown();
});
