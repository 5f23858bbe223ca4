import { hashing } from '../tasks/index.ts';
import { breathe, countFiles } from './breathe.ts';
import { fromText, toSystem, toText } from './byte-path.ts';
import type { BytePath } from './byte-path.ts';
import { formatChecksum } from './checksum-line.ts';
import { digestStream } from './digest-stream.ts';
import type { HashArguments } from './hash-arguments.ts';
import type { Session } from './session.ts';
import { sizeOf, walk } from './walk.ts';

interface Item {
  readonly path: BytePath;
  /** Of what was read here and not by a task: standard input, a pipe, a device. */
  readonly digest?: string;
}

/** `millrace hash PATH…`, in the words of `sha256sum`. */
export async function hash(session: Session, args: HashArguments): Promise<void> {
  const { paths, algorithm, form, tag, zero } = args;
  const executor = session.open(args.workers);
  const line = form === 'json' ? jsonLine : checksumLine(form);
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

  function checksumLine(as: 'plain' | 'binary' | 'tag') {
    return (digest: string, path: BytePath) => formatChecksum(digest, path, { form: as, tag, zero });
  }

  function jsonLine(digest: string, path: BytePath): string {
    return fromText(`${JSON.stringify({ path: toText(path), algorithm, digest })}\n`);
  }
}
