import { fileURLToPath } from 'node:url';
import workerpool from 'workerpool';
import type { Contender } from './contender.ts';
import { taskUrl } from './contender.ts';

/** Worker threads, a fixed number of them. */
export function startWorkerpool(threads: number): Promise<Contender> {
  const pool = workerpool.pool(fileURLToPath(taskUrl('workerpool-work.mjs')), {
    workerType: 'thread',
    minWorkers: threads,
    maxWorkers: threads,
  });
  return Promise.resolve({
    name: 'workerpool',
    call: (name, argument, move) =>
      Promise.resolve(pool.exec(name, [argument], move === undefined ? {} : { transfer: move })),
    close: () => Promise.resolve(pool.terminate(true)),
  });
}
