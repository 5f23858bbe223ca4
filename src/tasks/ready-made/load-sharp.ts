import { isMainThread } from 'node:worker_threads';
import { optionalPeer } from '../../base/optional-peer.ts';

export type Sharp = typeof import('sharp')['default'];

let loaded: Promise<Sharp> | undefined;

/**
 * Loads sharp, an optional peer dependency, when it is first needed.
 *
 * In a worker thread it sets sharp to one thread for each image and no cache: the workers provide the concurrency. These settings
 * apply to the whole process, and so to the host program's own use of sharp. sharp works on libuv's thread pool, which has 4 threads
 * unless `UV_THREADPOOL_SIZE` says otherwise: set it higher for more than 4 image workers.
 *
 * @throws {PeerError} if sharp is missing, or older than 0.34.
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
