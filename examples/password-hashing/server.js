/*
 * Registration and login with scrypt off the main thread. Logging in is what users wait for: it goes before registering,
 * and when there is too much of both, registrations are refused first.
 *
 *   node examples/password-hashing/server.js
 *   curl -d '{"name":"ada","password":"correct horse"}' -H 'content-type: application/json' localhost:3000/register
 *   curl -d '{"name":"ada","password":"correct horse"}' -H 'content-type: application/json' localhost:3000/login
 */
import express from 'express';
import { HttpError, millrace, millraceErrors } from 'millrace/express';
import { HealthCheck } from 'millrace/http';
import { passwords } from 'millrace/tasks';
import { realpathSync } from 'node:fs';
import { createServer } from 'node:http';

/** scrypt's cost, as the base-2 logarithm of N: 17 takes 128 MiB a hash. Raise it, and users' hashes follow as they log in. */
const cost = { logN: Number(process.env.SCRYPT_LOG_N ?? 17) };

/** Of a request's body. */
const maxBytes = 2000;

export function buildServer(options = {}) {
  // One hash takes 128 MiB while it runs: as many at a time as there are workers, and no more.
  const { executor = { maxPending: 64 }, deadlineMs = 3000, closeMs = 5000, requestMs = 10_000 } = options;
  const mill = millrace({ executor, deadlineMs, closeMs });
  const app = express();
  app.disable('x-powered-by');
  app.use(mill);

  /** Stands for a database. */
  const users = new Map();
  const json = [refuseLarge, express.json({ limit: maxBytes })];

  app.post('/register', mill.admit({ class: 'sheddable' }), json, async (request, response) => {
    const { name, password } = credentials(request.body);
    const stored = await request.millrace.run(passwords.hash(password, cost));
    if (users.has(name)) throw new HttpError(409, 'ERR_NAME_TAKEN', 'this name is taken');
    users.set(name, stored);
    response.status(201).json({ name });
  });

  // Compared with for names that nobody has, or an answer's time would tell which names exist.
  let nobody;
  app.post('/login', mill.admit({ class: 'critical' }), json, async (request, response) => {
    const { name, password } = credentials(request.body);
    nobody ??= await request.millrace.run(passwords.hash('nobody', cost));
    const stored = users.get(name);
    const { matches, needsRehash } = await request.millrace.run(
      passwords.verify(password, stored ?? nobody, cost),
    );
    if (!matches || stored === undefined) throw new HttpError(401, 'ERR_LOGIN', 'wrong name or password');
    if (needsRehash) users.set(name, await request.millrace.run(passwords.hash(password, cost)));
    response.json({ name });
  });

  const health = new HealthCheck(mill.gate);
  app.get('/readyz', (_, response) => {
    const { statusCode, status } = health.readiness();
    response.status(statusCode).json({ status });
  });
  app.use(millraceErrors);
  app.use(clientErrors);

  const server = createServer(
    { requestTimeout: requestMs, headersTimeout: requestMs, connectionsCheckingInterval: 500 },
    app,
  );
  return { server, mill, close: () => mill.shutdown(server) };
}

/** Before the body parser, which reads a body that is too large to its end before it says so. */
function refuseLarge(request, _response, next) {
  if (Number(request.headers['content-length'] ?? 0) <= maxBytes) return next();
  throw new HttpError(413, 'ERR_BODY_TOO_LARGE', `a body may have ${maxBytes} bytes at the most`);
}

/** @throws {HttpError} 400 that says what is missing. */
function credentials(body) {
  const { name, password } = body ?? {};
  for (const [field, value] of Object.entries({ name, password })) {
    if (typeof value === 'string' && value.length >= 1 && value.length <= 256) continue;
    throw new HttpError(400, 'ERR_CREDENTIALS', `${field} must be a string of 1 to 256 characters`);
  }
  return { name, password };
}

/** What the body parser refuses has a status of its own (400, 413, 415); anything else is a bug, and says nothing. */
function clientErrors(error, _request, response, next) {
  if (response.headersSent) return next(error);
  const { status = 500, expose = false, message } = error;
  if (status >= 500) console.error(error);
  return response
    .status(status)
    .json({ statusCode: status, message: expose ? message : 'Internal Server Error' });
}

// Started, and not imported.
if (import.meta.filename === realpathSync(process.argv[1] ?? '')) {
  const { server, close } = buildServer({ deadlineMs: Number(process.env.DEADLINE_MS ?? 3000) });
  for (const signal of ['SIGTERM', 'SIGINT']) process.once(signal, () => void close());
  server.listen(Number(process.env.PORT ?? 3000), process.env.HOST ?? '127.0.0.1');
}
