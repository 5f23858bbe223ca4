/*
 * A thumbnail service: `POST /thumbnails?width=200` with one image as multipart/form-data, the thumbnail as the answer.
 * Both are streamed, between the client and a folder that lives as long as the request: the main thread never holds an
 * upload, however many come, nor a thumbnail whose reader is slow.
 *
 *   node examples/thumbnails/server.js          then: curl -F image=@photo.jpg 'localhost:3000/thumbnails?width=200' -o t.webp
 *
 * With MILLRACE_REDIS_URL (and MILLRACE_SECRET, MILLRACE_QUEUE) the threads are those of the hosts of a queue: README.md.
 *
 * What it takes for granted about its clients: nothing. Each bound below has a test in test/examples/thumbnails.test.ts.
 */
import multipart from '@fastify/multipart';
import fastify from 'fastify';
import { availableWorkers, Executor } from 'millrace';
import { HttpError, millrace } from 'millrace/fastify';
import { HealthCheck } from 'millrace/http';
import { prometheusMetrics } from 'millrace/metrics';
import { images, prepareImages } from 'millrace/tasks';
import { createReadStream, createWriteStream, realpathSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { Registry } from 'prom-client';

const MiB = 1024 * 1024;
/** Of thumbnails. Not AVIF: 2000 × 2000 pixels of it take half a minute of CPU, and native code can't be ended meanwhile. */
const formats = ['webp', 'jpeg', 'png'];
const accepted = new Set(
  [...formats, 'avif', 'gif', 'tiff', 'heif', 'heic', 'jpg'].map((name) => `image/${name}`),
);

/** Bytes of a form beside its file. */
const formBytes = 64 * 1024;

const defaults = {
  /** Bytes of an upload. */
  maxBytes: 20 * MiB,
  /** Width times height: a photograph, and no bomb. */
  maxPixels: 50_000_000,
  /** Requests at the same time: each may have `maxBytes` on the disk, and its thumbnail. */
  maxUploads: 32,
  /** Milliseconds for a whole request to arrive. */
  uploadMs: 30_000,
  /** Milliseconds that a connection may stand still, or up to twice that: its client may not read. More than `uploadMs`. */
  stillMs: 60_000,
  /** Milliseconds from the upload to the answer. */
  deadlineMs: 5000,
  /** Milliseconds to end in, after SIGTERM. */
  closeMs: 8000,
  /** Where the requests' folders are made; hosts of a cluster see it, too. */
  folder: process.env.THUMBNAILS_FOLDER ?? tmpdir(),
  /** Threads; those of a cluster are its hosts' affair. */
  workers: undefined,
  logger: false,
};

const query = {
  type: 'object',
  additionalProperties: false,
  anyOf: [{ required: ['width'] }, { required: ['height'] }],
  properties: {
    width: { type: 'integer', minimum: 1, maximum: 2000 },
    height: { type: 'integer', minimum: 1, maximum: 2000 },
    format: { enum: formats, default: 'webp' },
  },
};

export async function buildServer(options = {}) {
  const settings = { ...defaults, ...options };
  const { maxBytes, maxPixels, deadlineMs, closeMs, workers, uploadMs, stillMs, logger } = settings;
  const app = fastify({
    logger,
    // A slow client's connection ends with 408. Node looks at its connections every so often.
    requestTimeout: uploadMs,
    connectionTimeout: stillMs,
    http: {
      headersTimeout: Math.min(10_000, uploadMs),
      connectionsCheckingInterval: Math.min(1000, uploadMs),
    },
  });
  // sharp has to be loaded on the main thread before any worker loads it.
  await prepareImages();
  const root = await mkdtemp(join(settings.folder, 'thumbnails-'));
  // Before the plugin's, and so after it: then no thread writes there any more.
  app.addHook('onClose', () => remove(root));
  const executor = await makeExecutor(workers);
  app.addHook('onClose', () => executor.shutdown({ mode: 'kill' }));
  await app.register(millrace, { executor, deadlineMs, closeMs });
  await app.register(multipart, { limits: { fileSize: maxBytes, files: 1, fields: 0, parts: 2 } });

  // What is not meant for the client stays in the log; and what fails because the client has gone is no bug.
  app.setErrorHandler((error, request, reply) => {
    if (error.statusCode !== undefined) return reply.send(error);
    const [status, message] = request.millrace.gone
      ? [499, 'the client has gone']
      : [500, 'Internal Server Error'];
    return reply.send(new HttpError(status, 'ERR_FAILED', message, {}, { cause: error }));
  });

  const uploads = { open: 0 };
  const route = {
    config: { millrace: { class: 'normal' } },
    schema: { querystring: query },
    onRequest: (request) => checkUpload(request, uploads, settings),
  };
  app.post('/thumbnails', route, async (request, reply) => {
    const { signal } = request.millrace;
    const folder = await mkdtemp(join(root, 'request-'));
    // When it has been read, or there is nobody to read it: also if the client has left while the folder was made. A thread
    // that is late finds no folder, and leaves nothing.
    request.millrace.over.then(() => remove(folder)).catch((error) => request.log.error(error));
    const [upload, to] = [join(folder, 'upload'), join(folder, 'thumbnail')];
    try {
      await receive(request, upload, maxBytes);
      const { width, height, format } = request.query;
      const size = { ...(width && { width }), ...(height && { height }), format };
      const task = images.resize(upload, { ...size, to, maxBytes, maxPixels, withoutEnlargement: true });
      const image = await request.millrace.run(task);
      reply.type(`image/${image.format}`).header('content-length', image.size);
      return reply.send(createReadStream(to, { signal }));
    } catch (error) {
      throw asClientError(error, upload) ?? error;
    }
  });

  const health = new HealthCheck(app.millrace);
  app.get('/livez', () => ({ status: 'alive' }));
  app.get('/readyz', (_, reply) => {
    const { statusCode, status } = health.readiness();
    return reply.code(statusCode).send({ status });
  });

  const registry = new Registry();
  const metrics = await prometheusMetrics({
    executors: [app.millrace.executor],
    gates: [app.millrace],
    registry,
  });
  app.get('/metrics', async (_, reply) => reply.type(registry.contentType).send(await registry.metrics()));
  app.addHook('onClose', () => metrics.stop());
  return app;
}

/** Few places: what can't be done within the deadline is refused, and what waits here holds its upload. */
async function makeExecutor(workers) {
  const { MILLRACE_REDIS_URL: connection, MILLRACE_SECRET: secret, MILLRACE_QUEUE: queue } = process.env;
  if (connection === undefined) {
    const threads = workers ?? availableWorkers();
    return new Executor({ workers: threads, minWorkers: threads, maxPending: 64 });
  }
  const { ClusterExecutor } = await import('millrace/cluster');
  return new ClusterExecutor({ connection, secret, queue: queue ?? 'thumbs', maxPending: 64 });
}

/** What can be known before the body is read. */
async function checkUpload(request, uploads, { maxBytes, maxUploads }) {
  if (!/^multipart\/form-data\b/i.test(request.headers['content-type'] ?? '')) {
    throw new HttpError(415, 'ERR_NOT_MULTIPART', 'send the image as multipart/form-data');
  }
  if (Number(request.headers['content-length'] ?? 0) > maxBytes + formBytes) throw tooLarge(maxBytes);
  if (uploads.open >= maxUploads) {
    throw new HttpError(503, 'ERR_TOO_MANY_UPLOADS', 'too many uploads at a time', { 'retry-after': '1' });
  }
  uploads.open++;
  void request.millrace.over.then(() => uploads.open--);
}

/** Writes the one file of the form to the disk. A body whose client has gone may never end: not if that was before it was read. */
async function receive(request, path, maxBytes) {
  const { signal } = request.millrace;
  signal.throwIfAborted();
  const gone = new Promise((_, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason), { once: true });
  });
  const tooMuch = exceeds(request.raw, maxBytes);
  const writing = write(request, path, maxBytes);
  writing.catch(() => {});
  await Promise.race([writing, tooMuch, gone]);
}

/** Rejects when the whole body is too large. The parser bounds files; what is in no part it reads and drops without end. */
function exceeds(raw, maxBytes) {
  let left = maxBytes + formBytes;
  return new Promise((_, reject) => {
    raw.on('data', ({ length }) => {
      left -= length;
      if (left < 0) reject(tooLarge(maxBytes));
    });
  });
}

/** As fast as the disk takes it. */
async function write(request, path, maxBytes) {
  let received = false;
  try {
    for await (const part of request.files()) {
      refuseType(part);
      // By itself the parser reads the rest of what is too large, which may be without end.
      part.file.once('limit', () => part.file.destroy(tooLarge(maxBytes)));
      await pipeline(part.file, createWriteStream(path), { signal: request.millrace.signal });
      received = true;
    }
  } catch (error) {
    // A form that is no form is its sender's doing, whatever the parser throws for it; a full disk is not.
    const isOurs = error.statusCode !== undefined || error.syscall !== undefined;
    throw isOurs ? error : new HttpError(400, 'ERR_BAD_FORM', error.message);
  }
  if (!received) throw new HttpError(400, 'ERR_NO_FILE', 'the form has no file');
}

/** @throws {HttpError} 415. */
function refuseType({ mimetype, file }) {
  if (accepted.has(mimetype)) return;
  file.resume();
  const message = `${mimetype} is not accepted: ${[...accepted].join(', ')}`;
  throw new HttpError(415, 'ERR_MILLRACE_NOT_AN_IMAGE', message);
}

const tooLarge = (maxBytes) =>
  new HttpError(413, 'ERR_UPLOAD_TOO_LARGE', `an upload may have ${maxBytes} bytes at the most`);

/** Errors of the image task that are the client's doing; null for all others. Where its upload was is nothing to it. */
function asClientError({ code, message }, upload) {
  const reason = String(message).replaceAll(upload, 'the upload');
  if (code === 'ERR_MILLRACE_NOT_AN_IMAGE' || code === 'ERR_MILLRACE_IMAGE_UNSUPPORTED')
    return new HttpError(415, code, reason);
  if (code === 'ERR_MILLRACE_IMAGE_TOO_LARGE') return new HttpError(413, code, reason);
  return null;
}

/** Tries again when a thread has written something there meanwhile. */
const remove = (folder) => rm(folder, { recursive: true, force: true, maxRetries: 5 });

// Started, and not imported.
if (import.meta.filename === realpathSync(process.argv[1] ?? '')) {
  const deadlineMs = Number(process.env.DEADLINE_MS ?? defaults.deadlineMs);
  const app = await buildServer({ logger: true, deadlineMs });
  // Answers what was admitted and refuses the rest; then nothing keeps the process alive.
  const end = () => {
    void app.close();
    // Should a thread be in native code then: that can't be ended, and process.exit() would wait for it.
    setTimeout(() => process.kill(process.pid, 'SIGKILL'), defaults.closeMs + 2000).unref();
  };
  for (const signal of ['SIGTERM', 'SIGINT']) process.once(signal, end);
  await app.listen({ port: Number(process.env.PORT ?? 3000), host: process.env.HOST ?? '127.0.0.1' });
}
