import { algorithmOf } from '../tasks/ready-made/digest.ts';
import type { Algorithm } from '../tasks/ready-made/digest.ts';
import { digestBelow, smallFile } from '../tasks/ready-made/digest-file.ts';

/*
 * The task module of `millrace hash`: small files in groups. 100,000 files of 1 to 8 KiB cost 30 µs of CPU each with a task for each,
 * and 23 in groups.
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
      return digestBelow(path, algorithm, smallFile);
    } catch (error) {
      return { error };
    }
  });
}
