import { Worker } from 'node:worker_threads';
import type { WorkerOptions } from 'node:worker_threads';

/**
 * Node's message if it refuses the flags of a thread, in `execArgv` or in the `NODE_OPTIONS` of its `env`; else undefined.
 *
 * Only Node knows its flags. It checks them before it clones `workerData`, and the `workerData` here can't be cloned: so no
 * thread ever starts.
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
