import { fileURLToPath } from 'node:url';
import { Piscina } from 'piscina';
import type { Contender, Starter } from './contender.ts';
import { taskUrl } from './contender.ts';

/** Its defaults, but for a fixed number of threads. */
export const startPiscina: Starter = (threads) => start(threads, 'piscina', {});

/** Its threads wait in their event loops, and not in `Atomics.wait`. */
export const startPiscinaWithoutAtomics: Starter = (threads) =>
  start(threads, 'piscina without atomics', { atomics: 'disabled' });

function start(threads: number, poolName: string, mode: { atomics?: 'disabled' }): Promise<Contender> {
  const filename = fileURLToPath(taskUrl('piscina-work.mjs'));
  const pool = new Piscina({ filename, minThreads: threads, maxThreads: threads, ...mode });
  return Promise.resolve({
    name: poolName,
    call: (name, argument, move) =>
      pool.run(argument, move === undefined ? { name } : { name, transferList: move }),
    close: () => pool.destroy(),
  });
}
