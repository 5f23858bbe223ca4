import { isUtf8 } from 'node:buffer';
import { lstatSync, readdirSync, statSync } from 'node:fs';
import type { Dirent } from 'node:fs';

/** A path; its bytes if it is no valid UTF-8. */
export type Path = string | Buffer;

/** A file, and the path given on the command line that led to it. */
export interface WalkedFile {
  readonly path: Path;
  readonly root: string;
}

/**
 * The regular files below these paths, one by one: directories in the order of their names' bytes, and no more held than
 * the entries of the directories on the way down. Symbolic links are followed where they are given, and left out below.
 *
 * Synchronous on purpose: listing costs a microsecond an entry, much less than an asynchronous turn for each, and the
 * pulling loop needs no promise for an item that is there.
 *
 * @param failed told of what can't be read; the walk goes on.
 */
export function* walk(
  roots: readonly string[],
  failed: (path: Path, error: unknown) => void,
): Generator<WalkedFile> {
  for (const root of roots) {
    try {
      const isDirectory = statSync(root).isDirectory();
      if (isDirectory) yield* walkDirectory(root, root, failed);
      else yield { path: root, root };
    } catch (error) {
      failed(root, error);
    }
  }
}

function* walkDirectory(
  directory: Path,
  root: string,
  failed: (path: Path, error: unknown) => void,
): Generator<WalkedFile> {
  for (const entry of list(directory, failed)) {
    const path = join(directory, entry.name as unknown as Buffer);
    const type = entry.isFile() || entry.isDirectory() || entry.isSymbolicLink() ? entry : typeOf(path);
    if (type?.isDirectory() === true) yield* walkDirectory(path, root, failed);
    else if (type?.isFile() === true) yield { path, root };
  }
}

function list(directory: Path, failed: (path: Path, error: unknown) => void): Dirent[] {
  try {
    const entries: Dirent[] = readdirSync(directory, { withFileTypes: true, encoding: 'buffer' as never });
    return entries.toSorted((a, b) =>
      Buffer.compare(a.name as unknown as Buffer, b.name as unknown as Buffer),
    );
  } catch (error) {
    failed(directory, error);
    return [];
  }
}

/** Some file systems don't tell the type with the name. */
function typeOf(path: Path) {
  return lstatSync(path, { throwIfNoEntry: false });
}

const slash = Buffer.from('/');

function join(directory: Path, name: Buffer): Path {
  if (typeof directory === 'string' && isUtf8(name)) {
    return directory.endsWith('/') ? directory + name.toString() : `${directory}/${name.toString()}`;
  }
  return Buffer.concat([Buffer.from(directory as string), slash, name]);
}
