import { Worker } from 'node:worker_threads';
import type { WorkerOptions } from 'node:worker_threads';

/**
 * What Node has against the flags of a thread, in `execArgv` or in the `NODE_OPTIONS` of its `env`; undefined if nothing.
 *
 * Only Node knows its flags. It looks at them before it clones `workerData`, and this one can't be cloned: so none of these
 * threads ever starts.
 */
export function refusedFlags(options: Pick<WorkerOptions, 'execArgv' | 'env'>): string | undefined {
  try {
    void new Worker('', { ...options, eval: true, workerData: () => {} }).terminate();
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === 'ERR_WORKER_INVALID_EXEC_ARGV') return message;
  }
  return undefined;
}
