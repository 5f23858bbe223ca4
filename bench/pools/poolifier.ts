import { fileURLToPath } from 'node:url';
import { FixedThreadPool } from 'poolifier';
import type { Contender } from './contender.ts';
import { taskUrl } from './contender.ts';

/** Its fixed pool with its defaults (worker choice: round robin). */
export function startPoolifier(threads: number): Promise<Contender> {
  const pool = new FixedThreadPool(threads, fileURLToPath(taskUrl('poolifier-work.mjs')));
  return Promise.resolve({
    name: 'poolifier',
    call: (name, argument, move) => pool.execute(argument, name, undefined, move),
    close: () => pool.destroy(),
  });
}
