import { isMainThread } from 'node:worker_threads';
import { optionalPeer } from '../../base/optional-peer.ts';

export type Sharp = typeof import('sharp')['default'];

let loaded: Promise<Sharp> | undefined;

/**
 * sharp, an optional peer dependency, when it is first needed.
 *
 * In a worker thread it is told to use one thread for each image and to cache nothing: the workers are the concurrency.
 * These settings are the whole process's, so they hold for the host's own use of sharp too. sharp works on libuv's
 * thread pool, which has 4 threads unless `UV_THREADPOOL_SIZE` says otherwise: more image workers than that need more.
 *
 * @throws {PeerError} if it is missing, or older than 0.34.
 */
export function loadSharp(): Promise<Sharp> {
  return (loaded ??= importSharp());
}

async function importSharp(): Promise<Sharp> {
  try {
    const { default: sharp } = await optionalPeer('sharp', 'an image task', () => import('sharp'));
    if (!isMainThread) {
      sharp.concurrency(1);
      sharp.cache(false);
    }
    return sharp;
  } catch (error) {
    loaded = undefined;
    throw error;
  }
}
