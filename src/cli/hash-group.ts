import { algorithmOf } from '../tasks/ready-made/digest.ts';
import type { Algorithm } from '../tasks/ready-made/digest.ts';
import { digestBelow, smallFile } from '../tasks/ready-made/digest-file.ts';

/*
 * The task module of `millrace hash`: small files in groups. A file of 4 KiB takes a thread 8 µs, and a future, an answer and a place
 * in the order take a third of that on either side.
 */

/** What has become of a file: its digest, the error, or null if it is left for a task of its own. */
export type Digested = string | { readonly error: unknown } | null;

/** Milliseconds after which a group's other files are left, so that the threads share what is slow: a disk, or the network. */
const holdMs = 5;

/** Digests of files in their order; null for a large file, and for those that come after `holdMs`. */
export function hashGroup(
  paths: readonly (string | Uint8Array)[],
  algorithm: string,
): Digested[] | Promise<Digested[]> {
  const found = algorithmOf(algorithm);
  return found instanceof Promise ? found.then((each) => digests(paths, each)) : digests(paths, found);
}

function digests(paths: readonly (string | Uint8Array)[], algorithm: Algorithm): Digested[] {
  const until = performance.now() + holdMs;
  return paths.map((path) => {
    if (performance.now() > until) return null;
    try {
      return digestBelow(smallFile, path, algorithm);
    } catch (error) {
      return { error };
    }
  });
}
