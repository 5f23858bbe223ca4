import { fileURLToPath } from 'node:url';
import { Piscina } from 'piscina';
import type { Contender } from './contender.ts';
import { taskUrl } from './contender.ts';

/** Its defaults, but for a fixed number of threads. */
export function startPiscina(threads: number): Promise<Contender> {
  const filename = fileURLToPath(taskUrl('piscina-work.mjs'));
  const pool = new Piscina({ filename, minThreads: threads, maxThreads: threads });
  return Promise.resolve({
    name: 'piscina',
    call: (name, argument, move) =>
      pool.run(argument, move === undefined ? { name } : { name, transferList: move }),
    close: () => pool.destroy(),
  });
}
