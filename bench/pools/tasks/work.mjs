import { hashFile as hash } from '../../../dist/tasks/ready-made/hashing.cjs';

/** The work itself, the same for every contender. */

export { compute, empty } from './cpu-work.mjs';

/** Holds the thread for so many microseconds. */
export function spin(microseconds) {
  const end = performance.now() + microseconds / 1000;
  while (performance.now() < end);
  return microseconds;
}

/** The same under another name. */
export const spinLong = spin;

export const echo = (bytes) => bytes;

/** How a result is moved instead of copied is each pool's own; see the adapters beside this file. */
export const echoMoved = echo;

export const hashFile = (path) => hash(path);
