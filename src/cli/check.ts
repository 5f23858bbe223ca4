import { hashing } from '../tasks/index.ts';
import type { CheckArguments } from './arguments.ts';
import { toSystem } from './byte-path.ts';
import { checksumParser, formatVerdict } from './checksum-line.ts';
import type { Checksum } from './checksum-line.ts';
import { countLines, isTyped, openInput } from './input.ts';
import { readLines } from './lines.ts';
import type { Session } from './session.ts';

/** `millrace hash --check FILE`, in the words of `sha256sum --check`. */
export async function check(
  session: Session,
  { list, algorithm, digits, workers }: CheckArguments,
): Promise<void> {
  const executor = session.open(workers);
  const parse = checksumParser(digits, algorithm);
  let proper = 0;
  let improper = 0;
  let unreadable = 0;
  let mismatched = 0;

  async function* checksums(): AsyncGenerator<Checksum, undefined> {
    for await (const line of readLines(openInput(list))) {
      const checksum = line === undefined ? undefined : parse(line.toString('latin1'));
      if (checksum === undefined) improper++;
      else if (checksum !== 'ignored') {
        proper++;
        yield checksum;
      }
    }
  }

  try {
    await session.each(
      checksums(),
      ({ path }) => hashing.hashFile(toSystem(path), algorithm),
      ({ path, digest }, outcome) => {
        if (outcome.status !== 'fulfilled') {
          unreadable++;
          void session.fail(path, outcome.reason);
          return session.output.write(formatVerdict(path, 'FAILED open or read'));
        }
        if (outcome.value === digest) return session.output.write(formatVerdict(path, 'OK'));
        mismatched++;
        return session.output.write(formatVerdict(path, 'FAILED'));
      },
      { executor, ordered: true, total: isTyped(list) ? undefined : () => countLines(list) },
    );
  } catch (error) {
    await session.fail(list, error);
    return;
  }
  if (proper === 0) {
    await session.fail(list, 'no properly formatted checksum lines found');
    return;
  }
  // After the verdicts, also where both are seen on one terminal.
  session.output.flush();
  await warn(improper, 'line is improperly formatted', 'lines are improperly formatted');
  await warn(unreadable, 'listed file could not be read', 'listed files could not be read');
  await warn(mismatched, 'computed checksum did NOT match', 'computed checksums did NOT match');
  if (mismatched > 0) session.failed();

  function warn(count: number, one: string, many: string): Promise<void> | undefined {
    return count === 0 ? undefined : session.remark(`WARNING: ${count} ${count === 1 ? one : many}`);
  }
}
