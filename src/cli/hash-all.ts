import { hashing } from '../tasks/index.ts';
import { breathe, countFiles } from './breathe.ts';
import { toSystem } from './byte-path.ts';
import type { BytePath } from './byte-path.ts';
import type { DigestLine } from './checksum-line.ts';
import { digestStream } from './digest-stream.ts';
import type { HashArguments } from './hash-arguments.ts';
import type { Session } from './session.ts';
import { sizeOf, walk } from './walk.ts';

interface Item {
  readonly path: BytePath;
  /** Set if this thread has read the input: standard input, a pipe, a device. */
  readonly digest?: string;
}

/** Hashes regular files in worker threads; this thread hashes standard input, pipes and devices. */
export async function hashAll(session: Session, args: HashArguments, line: DigestLine): Promise<void> {
  const { paths, algorithm } = args;
  const executor = await session.open(args.workers);
  const files = paths.filter((path) => path !== '-');

  async function* items(): AsyncGenerator<Item, undefined> {
    for (const path of paths) {
      if (path === '-') yield* here(path);
      else {
        for await (const file of breathe(walk([path]), (at, error) => session.fail(at, error))) {
          if (file.regular) yield file;
          else yield* here(file.path);
        }
      }
    }
  }

  async function* here(path: BytePath): AsyncGenerator<Item, undefined> {
    try {
      yield { path, digest: await digestStream(path, algorithm) };
    } catch (error) {
      await session.fail(path, error);
    }
  }

  await session.each(
    items(),
    ({ path, digest }) =>
      digest === undefined ? hashing.hashFile(toSystem(path), algorithm) : hashing.hashBytes(''),
    ({ path, digest }, outcome) =>
      outcome.status === 'fulfilled'
        ? session.output.write(line(digest ?? outcome.value, path))
        : session.fail(path, outcome.reason),
    { executor, bytes: sizeOf, total: files.length === 0 ? undefined : () => countFiles(walk(files)) },
  );
}
