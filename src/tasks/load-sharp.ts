import { isMainThread } from 'node:worker_threads';
import type sharp from 'sharp';

export type Sharp = typeof sharp;

let loaded: Promise<Sharp> | undefined;

/**
 * sharp, an optional peer dependency, when it is first needed.
 *
 * In a worker thread it is told to use one thread for each image and to cache nothing: the workers are the concurrency.
 * These settings are the whole process's, so they hold for the host's own use of sharp too. sharp works on libuv's
 * thread pool, which has 4 threads unless `UV_THREADPOOL_SIZE` says otherwise: more image workers than that need more.
 *
 * @throws {Error} that says how to install it, if it is missing.
 */
export function loadSharp(): Promise<Sharp> {
  return (loaded ??= importSharp());
}

async function importSharp(): Promise<Sharp> {
  try {
    const { default: loadedSharp } = await import('sharp');
    if (!isMainThread) {
      loadedSharp.concurrency(1);
      loadedSharp.cache(false);
    }
    return loadedSharp;
  } catch (cause) {
    loaded = undefined;
    const message = 'image tasks need the package sharp: npm install sharp';
    throw Object.assign(new Error(message, { cause }), { code: 'ERR_SHARP_MISSING' });
  }
}
