import { statSync } from 'node:fs';
import { fromText, toSystem, toText } from './byte-path.ts';
import type { BytePath } from './byte-path.ts';
import { formatChecksum } from './checksum-line.ts';
import type { DigestLine } from './checksum-line.ts';
import type { HashArguments } from './hash-arguments.ts';
import type { Session } from './session.ts';

/** `millrace hash PATH…`: prints the lines of `sha256sum`, or JSON. */
export async function hash(session: Session, args: HashArguments): Promise<void> {
  const { paths, form, tag, zero } = args;
  const line: DigestLine =
    form === 'json'
      ? (digest, path) =>
          fromText(`${JSON.stringify({ path: toText(path), algorithm: args.algorithm, digest })}\n`)
      : (digest, path) => formatChecksum(digest, path, { form, tag, zero });
  if (!session.watched && isLittle(paths)) return hashHere(session, args, line);
  const { hashAll } = await import('./hash-all.ts');
  return hashAll(session, args, line);
}

/** Up to this many bytes, hashing here is faster than starting a thread. */
const littleBytes = 4 * 1024 * 1024;
const fewPaths = 64;

/** True for few, small, regular files. A size of 0 does not count as small: /proc reports it for files with content. */
function isLittle(paths: readonly BytePath[]): boolean {
  if (paths.length > fewPaths) return false;
  let bytes = 0;
  for (const path of paths) {
    const size = path === '-' ? 0 : regularBytes(path);
    if (size === 0) return false;
    bytes += size;
  }
  return bytes <= littleBytes;
}

/** Size of a regular file in bytes; 0 for anything else, or if the size can't be read. */
function regularBytes(path: BytePath): number {
  try {
    const stats = statSync(toSystem(path));
    return stats.isFile() ? stats.size : 0;
  } catch {
    return 0;
  }
}

/** Hashes on this thread with the function that the task calls; loads neither the library nor a thread. */
async function hashHere(
  session: Session,
  { paths, algorithm }: HashArguments,
  line: DigestLine,
): Promise<void> {
  const { hashFile } = await import('../tasks/ready-made/hashing.ts');
  for (const path of paths) {
    if (session.interrupted) return;
    let digest: string;
    try {
      digest = await hashFile(toSystem(path), algorithm);
    } catch (error) {
      await session.fail(path, error);
      continue;
    }
    await session.output.write(line(digest, path));
  }
}
