import { readdirSync, statSync } from 'node:fs';
import type { Dirent } from 'node:fs';
import { fromText, join, toSystem } from './byte-path.ts';
import type { BytePath } from './byte-path.ts';

export interface FoundFile {
  readonly kind: 'file';
  readonly path: BytePath;
  /**
   * Where the part of the path begins that is relative to the directory that was named; undefined for a file that was
   * named itself.
   */
  readonly below: number | undefined;
  /** No pipe, socket or device; these are found only where they are named. */
  readonly regular: boolean;
}

/** What a walk comes across. A `directory` is a place to take a breath: it may hold no file for a long time. */
export type Found =
  | FoundFile
  | { readonly kind: 'failed'; readonly path: BytePath; readonly error: unknown }
  | { readonly kind: 'directory' };

interface Entry {
  /** A directory's ends in a slash, which puts it where the paths below it belong in the order. */
  readonly name: BytePath;
  readonly kind: 'file' | 'directory';
}

interface Frame {
  readonly path: BytePath;
  readonly entries: readonly Entry[];
  next: number;
}

const directory: Found = { kind: 'directory' };

/**
 * The files of some paths, each path in its turn, in the order of `find PATH -type f | LC_ALL=C sort`.
 *
 * Symbolic links are followed when they are named, and left out below a directory. Memory is bounded by the depth of
 * the tree times the entries of one directory. Each directory is read at once: asynchronous reading costs two to three
 * times the processor time, of which the hashing threads have a better use.
 *
 * @param enter is asked before a directory is read that was not named itself.
 */
export function* walk(
  paths: readonly BytePath[],
  enter: (directory: BytePath) => boolean = () => true,
): Generator<Found, undefined> {
  for (const path of paths) {
    try {
      const stats = statSync(toSystem(path));
      if (!stats.isDirectory()) {
        yield { kind: 'file', path, below: undefined, regular: stats.isFile() };
        continue;
      }
    } catch (error) {
      yield { kind: 'failed', path, error };
      continue;
    }
    yield* walkDirectory(path, enter);
  }
}

function* walkDirectory(root: BytePath, enter: (path: BytePath) => boolean): Generator<Found, undefined> {
  const below = join(root, '').length;
  const frames: Frame[] = [];
  let entering: BytePath | undefined = root;
  for (;;) {
    if (entering !== undefined) {
      yield directory;
      try {
        frames.push({ path: entering, entries: list(entering), next: 0 });
      } catch (error) {
        yield { kind: 'failed', path: entering, error };
      }
      entering = undefined;
    }
    const frame = frames.at(-1);
    if (frame === undefined) return;
    const entry = frame.entries[frame.next++];
    if (entry === undefined) {
      frames.pop();
      continue;
    }
    const path = join(frame.path, entry.name);
    if (entry.kind === 'file') yield { kind: 'file', path, below, regular: true };
    else if (enter(path.slice(0, -1))) entering = path.slice(0, -1);
  }
}

/** Files and directories, sorted by their bytes. Links, pipes, sockets and devices are left out, as by `find -type f`. */
function list(path: BytePath): Entry[] {
  const system = toSystem(path);
  let found: Entry[] | undefined;
  if (typeof system === 'string') found = entries(readdirSync(system, { withFileTypes: true }), fromText);
  // A name that is no UTF-8 has been damaged by decoding it: once more, as bytes, which takes longer.
  if (found === undefined || found.some(({ name }) => name.includes(replacement))) {
    const bytes = readdirSync(Buffer.from(system), { withFileTypes: true, encoding: 'buffer' });
    found = entries(bytes, (name) => name.toString('latin1'));
  }
  return found.toSorted((a, b) => (a.name < b.name ? -1 : 1));
}

const replacement = fromText('\ufffd');

function entries<N extends string | Buffer>(all: Dirent<N>[], toBytes: (name: N) => BytePath): Entry[] {
  const found: Entry[] = [];
  for (const entry of all) {
    if (entry.isFile()) found.push({ name: toBytes(entry.name), kind: 'file' });
    else if (entry.isDirectory()) found.push({ name: `${toBytes(entry.name)}/`, kind: 'directory' });
  }
  return found;
}

/** Bytes of a file, for a progress line; 0 for one that is gone, or is not there to be read. */
export function sizeOf({ path }: { readonly path: BytePath }): number {
  try {
    return statSync(toSystem(path)).size;
  } catch {
    return 0;
  }
}
