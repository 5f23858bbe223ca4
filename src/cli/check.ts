import { hashing } from '../tasks/index.ts';
import type { Arguments } from './arguments.ts';
import { formatLine, parseLine } from './checksum-line.ts';
import type { ChecksumLine } from './checksum-line.ts';
import { linesOf, openInput } from './lines.ts';
import type { Session } from './session.ts';

/** `millrace hash --check FILE`, in the words of `sha256sum --check`. */
export async function check(session: Session, { algorithm }: Arguments, list: string): Promise<void> {
  let improper = 0;
  let unreadable = 0;
  let mismatched = 0;
  let read = 0;

  async function* expected(): AsyncGenerator<ChecksumLine> {
    for await (const line of linesOf(openInput(list), 'latin1')) {
      const parsed = parseLine(line);
      if (parsed !== undefined) {
        read++;
        yield parsed;
      } else if (line !== '' && !line.startsWith('#')) improper++;
    }
  }

  try {
    const results = session.each(expected(), ({ path }) => hashing.hashFile(path, algorithm), {
      ordered: true,
    });
    for await (const { item, outcome } of results) {
      let verdict = 'OK';
      if (outcome.status !== 'fulfilled') {
        session.fail(item.path.toString(), outcome.reason);
        verdict = 'FAILED open or read';
        unreadable++;
      } else if (outcome.value !== item.digest) {
        verdict = 'FAILED';
        mismatched++;
      }
      await session.output.write(verdictLine(item.path, verdict));
    }
  } catch (error) {
    session.fail(list, error);
    return;
  }
  await session.output.flush();
  if (read === 0) return session.fail(list, 'no properly formatted checksum lines found');
  warn(improper, 'line is improperly formatted', 'lines are improperly formatted');
  warn(unreadable, 'listed file could not be read', 'listed files could not be read');
  warn(mismatched, 'computed checksum did NOT match', 'computed checksums did NOT match');
  if (unreadable + mismatched > 0) session.failed();

  function warn(count: number, one: string, many: string): void {
    if (count > 0) session.remark(`WARNING: ${count} ${count === 1 ? one : many}`);
  }
}

/** With the path as a checksum line writes it. */
function verdictLine(path: ChecksumLine['path'], verdict: string): string | Buffer {
  const [, escaped = '', name = ''] =
    /^(\\?)  (.*)\n$/s.exec(Buffer.from(formatLine('', path) as string).toString('latin1')) ?? [];
  return Buffer.from(`${escaped}${name}: ${verdict}\n`, 'latin1');
}
