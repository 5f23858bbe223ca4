/*
 * What tests of one machine get for `millrace` when they are run over a cluster: each `new Executor()` is a `ClusterExecutor` with a
 * host of its own in this process.
 */
import { createHash, randomUUID } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { inject } from 'vitest';
import { ClusterExecutor, WorkerHost } from 'millrace/cluster';
import { availableWorkers, tasks as tasksOf } from '../../../dist/index.js';
import type { ExecutorOptions, ShutdownMode } from '../../../dist/index.js';

export * from '../../../dist/index.js';

const secret = 'the tests of conformance have a secret';
const fixtures = fileURLToPath(new URL('../../fixtures/', import.meta.url));
/** Modules that tests give as `data:` URLs, as files by their digests: no host takes them otherwise. */
const files = new Map<string, string>();

/** As the package's own; the source in a `data:` URL is written to a file. */
export const tasks: typeof tasksOf = (url: string | URL) => {
  const text = url.toString();
  if (!text.startsWith('data:text/javascript,')) return tasksOf(url);
  const source = decodeURIComponent(text.slice('data:text/javascript,'.length));
  const name = createHash('sha256').update(source).digest('hex').slice(0, 16);
  const folder = inject('folder');
  const path = join(folder, `${name}.mjs`);
  if (!existsSync(path)) {
    mkdirSync(folder, { recursive: true });
    writeFileSync(path, source);
  }
  files.set(name, path);
  return tasksOf(path);
};

function modules(): string[] {
  const own = readdirSync(fixtures).filter((name) => /(?<!\.d)\.(?:mjs|cjs|js|ts)$/.test(name));
  return [...own.map((name) => join(fixtures, name)), ...files.values(), 'millrace/tasks'];
}

export class Executor extends ClusterExecutor {
  readonly #host: WorkerHost;
  readonly #started: Promise<void>;

  constructor(options: ExecutorOptions = {}) {
    const {
      workers = availableWorkers(),
      maxPending = 256 * workers,
      maxPendingBytes,
      maxWaiting,
      name,
      onUnobservedError,
      ...own
    } = options;
    const at = { connection: inject('redis'), queue: randomUUID(), secret };
    super({
      ...at,
      maxPending: workers + maxPending,
      ...(maxPendingBytes === undefined ? {} : { maxPendingBytes }),
      ...(maxWaiting === undefined ? {} : { maxWaiting }),
      ...(name === undefined ? {} : { name }),
      ...(onUnobservedError === undefined ? {} : { onUnobservedError: onUnobservedError as never }),
      ...(own.interruptGraceMs === undefined ? {} : { interruptGraceMs: own.interruptGraceMs }),
    });
    const executor = { workers, ...own };
    this.#host = new WorkerHost({
      ...at,
      tasks: modules(),
      allowInline: true,
      executor,
      onWarning: () => {},
    });
    this.#started = this.#host.start();
    this.#started.catch(() => {});
  }

  override async shutdown(options?: { readonly mode?: ShutdownMode }): Promise<void> {
    await super.shutdown(options);
    await this.#started.catch(() => {});
    // A host lets modules tear down for as long as its own options allow, whatever the programs want.
    if (options?.mode === 'kill') void this.#host.executor.shutdown({ mode: 'kill' });
    await this.#host.close({ graceMs: 0 });
  }
}
