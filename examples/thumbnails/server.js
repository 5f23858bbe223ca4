/*
 * A thumbnail service: `POST /thumbnails?width=200` with one image as multipart/form-data, the thumbnail as the answer.
 *
 *   node examples/thumbnails/server.js          then: curl -F image=@photo.jpg 'localhost:3000/thumbnails?width=200' -o t.jpg
 *
 * What it takes for granted about its clients: nothing. Each bound below has a test in test/examples/thumbnails.test.ts.
 */
import multipart from '@fastify/multipart';
import fastify from 'fastify';
import { HttpError, millrace } from 'millrace/fastify';
import { HealthCheck } from 'millrace/http';
import { prometheusMetrics } from 'millrace/metrics';
import { images, prepareImages } from 'millrace/tasks';
import { Registry } from 'prom-client';

const MiB = 1024 * 1024;
const formats = ['jpeg', 'png', 'webp', 'avif'];
const accepted = new Set([...formats, 'gif', 'tiff', 'heif', 'heic', 'jpg'].map((name) => `image/${name}`));

const defaults = {
  /** Bytes of an upload. */
  maxBytes: 20 * MiB,
  /** Width times height: a photograph, and no bomb. */
  maxPixels: 50_000_000,
  /** Uploads that are read at the same time: each may hold `maxBytes`. */
  maxUploads: 32,
  /** Milliseconds for a whole request to arrive. */
  uploadMs: 30_000,
  /** Milliseconds from the upload to the answer. */
  deadlineMs: 5000,
  /** Milliseconds to end in, after SIGTERM. */
  closeMs: 8000,
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
    format: { enum: formats },
  },
};

export async function buildServer(options = {}) {
  const settings = { ...defaults, ...options };
  const { maxBytes, maxPixels, deadlineMs, closeMs, workers, uploadMs, logger } = settings;
  const app = fastify({
    logger,
    // A slow client's connection ends with 408. Node looks at its connections every so often.
    requestTimeout: uploadMs,
    http: {
      headersTimeout: Math.min(10_000, uploadMs),
      connectionsCheckingInterval: Math.min(1000, uploadMs),
    },
  });
  // sharp has to be loaded on the main thread before any worker loads it.
  await prepareImages();
  // Few places: what can't be done within the deadline is refused, and what waits here holds its upload in memory.
  const executor = workers === undefined ? { maxPending: 64 } : { workers, maxPending: 64 };
  await app.register(millrace, { executor, deadlineMs, closeMs });
  await app.register(multipart, { limits: { fileSize: maxBytes, files: 1, fields: 0, parts: 1 } });

  const uploads = { open: 0 };
  const route = {
    config: { millrace: { class: 'normal' } },
    schema: { querystring: query },
    onRequest: (request, reply) => checkUpload(request, reply, uploads, settings),
  };
  app.post('/thumbnails', route, async (request, reply) => {
    const upload = await readUpload(request, maxBytes);
    const { width, height, format } = request.query;
    const size = { ...(width && { width }), ...(height && { height }), ...(format && { format }) };
    const task = images.resize(upload, { ...size, maxBytes, maxPixels, withoutEnlargement: true });
    try {
      const image = await request.millrace.run(task, { transfer: [upload.buffer] });
      // Whole, and not as a stream: it is in memory, and so its length is known.
      return reply.type(`image/${image.format}`).send(Buffer.from(image.data.buffer));
    } catch (error) {
      throw asClientError(error) ?? error;
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

/** What can be known before the body is read. */
async function checkUpload(request, reply, uploads, { maxBytes, maxUploads }) {
  if (!/^multipart\/form-data\b/i.test(request.headers['content-type'] ?? '')) {
    throw new HttpError(415, 'ERR_NOT_MULTIPART', 'send the image as multipart/form-data');
  }
  // With room for the multipart headers.
  if (Number(request.headers['content-length'] ?? 0) > maxBytes + 64 * 1024) throw tooLarge(maxBytes);
  if (uploads.open >= maxUploads) {
    throw new HttpError(503, 'ERR_TOO_MANY_UPLOADS', 'too many uploads at a time', { 'retry-after': '1' });
  }
  uploads.open++;
  reply.raw.once('close', () => uploads.open--);
}

/** A form that is no form is its sender's doing, whatever the parser throws for it. */
async function readUpload(request, maxBytes) {
  try {
    return await readFile(request, maxBytes);
  } catch (error) {
    throw error.statusCode === undefined ? new HttpError(400, 'ERR_BAD_FORM', error.message) : error;
  }
}

/** The bytes of the one file, in memory of their own: they move to the worker. */
async function readFile(request, maxBytes) {
  const part = await request.file();
  if (part === undefined) throw new HttpError(400, 'ERR_NO_FILE', 'the form has no file');
  if (!accepted.has(part.mimetype)) {
    part.file.resume();
    throw new HttpError(
      415,
      'ERR_NOT_AN_IMAGE',
      `${part.mimetype} is not accepted: ${[...accepted].join(', ')}`,
    );
  }
  // By itself the parser reads the rest of what is too large, which may be without end.
  part.file.once('limit', () => part.file.destroy(tooLarge(maxBytes)));
  const chunks = [];
  for await (const chunk of part.file) chunks.push(chunk);
  const length = chunks.reduce((total, chunk) => total + chunk.length, 0);
  const upload = Buffer.allocUnsafeSlow(length);
  let offset = 0;
  for (const chunk of chunks) offset += chunk.copy(upload, offset);
  return upload;
}

const tooLarge = (maxBytes) =>
  new HttpError(413, 'ERR_UPLOAD_TOO_LARGE', `an upload may have ${maxBytes} bytes at the most`);

/** Errors of the image task that are the client's doing; null for all others. */
function asClientError({ code, message }) {
  if (code === 'ERR_NOT_AN_IMAGE') return new HttpError(415, code, message);
  if (code === 'ERR_IMAGE_TOO_LARGE') return new HttpError(413, code, message);
  return null;
}

if (process.argv[1] === new URL(import.meta.url).pathname) {
  const deadlineMs = Number(process.env.DEADLINE_MS ?? defaults.deadlineMs);
  const app = await buildServer({ logger: true, deadlineMs });
  // Answers what was admitted and refuses the rest; then nothing keeps the process alive.
  for (const signal of ['SIGTERM', 'SIGINT']) process.once(signal, () => void app.close());
  await app.listen({ port: Number(process.env.PORT ?? 3000), host: process.env.HOST ?? '127.0.0.1' });
}
