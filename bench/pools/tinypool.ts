import { Tinypool } from 'tinypool';
import type { Contender } from './contender.ts';
import { taskUrl } from './contender.ts';

/** Its defaults, but for a fixed number of threads. */
export function startTinypool(threads: number): Promise<Contender> {
  const filename = taskUrl('tinypool-work.mjs').href;
  const pool = new Tinypool({ filename, minThreads: threads, maxThreads: threads });
  return Promise.resolve({
    name: 'tinypool',
    call: (name, argument, move) =>
      pool.run(argument, move === undefined ? { name } : { name, transferList: move as never }),
    close: () => pool.destroy(),
  });
}
