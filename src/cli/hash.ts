import { hashing } from '../tasks/index.ts';
import type { HashArguments } from './arguments.ts';
import { breathe, countFiles } from './breathe.ts';
import { fromText, toSystem, toText } from './byte-path.ts';
import type { BytePath } from './byte-path.ts';
import { formatChecksum } from './checksum-line.ts';
import type { Session } from './session.ts';
import { walk } from './walk.ts';

/** `millrace hash PATH…`, in the words of `sha256sum`. */
export async function hash(
  session: Session,
  { paths, algorithm, json, workers }: HashArguments,
): Promise<void> {
  const executor = session.open(workers);
  const format = json ? jsonLine : formatChecksum;
  await session.each(
    breathe(walk(paths), (path, error) => session.fail(path, error)),
    ({ path }) => hashing.hashFile(toSystem(path), algorithm),
    ({ path }, outcome) =>
      outcome.status === 'fulfilled'
        ? session.output.write(format(outcome.value, path))
        : session.fail(path, outcome.reason),
    { executor, ordered: true, total: () => countFiles(walk(paths)) },
  );

  function jsonLine(digest: string, path: BytePath): string {
    return fromText(`${JSON.stringify({ path: toText(path), algorithm, digest })}\n`);
  }
}
