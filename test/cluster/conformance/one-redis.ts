import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestProject } from 'vitest/node';
import { TestRedis } from '../support/redis.ts';

declare module 'vitest' {
  interface ProvidedContext {
    /** URL of the Redis of all tests of conformance. */
    redis: string;
    /** A folder for modules that tests give as source. */
    folder: string;
  }
}

/** One Redis for all of them, each with a queue of its own. */
export default async function setUp(project: TestProject): Promise<() => Promise<void>> {
  const redis = await TestRedis.start();
  const folder = mkdtempSync(join(tmpdir(), 'millrace-conformance-'));
  // The folder is a package: so its modules have names.
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ name: 'conformance' }));
  project.provide('redis', redis.url);
  project.provide('folder', folder);
  return async () => {
    await redis[Symbol.asyncDispose]();
    rmSync(folder, { recursive: true, force: true });
  };
}
