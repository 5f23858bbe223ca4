import { readdirSync, statSync } from 'node:fs';
import type { Dirent } from 'node:fs';
import { fromText, join, toSystem } from './byte-path.ts';
import type { BytePath } from './byte-path.ts';

export interface FoundFile {
  readonly kind: 'file';
  readonly path: BytePath;
  /**
   * Index in `path` where the part below the directory operand begins; undefined if the file itself was an
   * operand.
   */
  readonly below: number | undefined;
  /** False for a pipe, a socket or a device; the walk finds these only as operands. */
  readonly regular: boolean;
}

/** An item of a walk. `directory` comes before each directory is read, so that the caller can yield to the event loop. */
export type Found =
  | FoundFile
  | { readonly kind: 'failed'; readonly path: BytePath; readonly error: unknown }
  | { readonly kind: 'directory' };

interface Entry {
  /** A directory's name ends in a slash, so that it sorts where the paths below it belong. */
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
 * Finds the files of the operands, one operand after the other, each in the order of `find PATH -type f | LC_ALL=C sort`.
 *
 * A symbolic link is followed if it is an operand, and skipped below a directory. Memory is bounded by the depth of
 * the tree times the entries of one directory. Each directory is read synchronously: asynchronous reading costs two to
 * three times the processor time, which the hashing threads need.
 *
 * @param enter called before each directory below an operand is read; false skips it.
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

/** The files and directories in a directory, sorted by bytes; links, pipes, sockets and devices are skipped. */
function list(path: BytePath): Entry[] {
  const system = toSystem(path);
  let found: Entry[] | undefined;
  if (typeof system === 'string') found = entries(readdirSync(system, { withFileTypes: true }), fromText);
  // Decoding has damaged a name that is not UTF-8: read the directory again as bytes, which is slower.
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

/** Size of a file in bytes, for a progress line; 0 if the size can't be read. */
export function sizeOf(path: BytePath): number {
  try {
    return statSync(toSystem(path)).size;
  } catch {
    return 0;
  }
}
