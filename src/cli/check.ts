import type { Executor } from '../index.ts';
import { hashing } from '../tasks/index.ts';
import { toSystem, toText } from './byte-path.ts';
import type { BytePath } from './byte-path.ts';
import { checksumParser, formatVerdict } from './checksum-line.ts';
import type { Checksum, ParseChecksum } from './checksum-line.ts';
import { digestStream } from './digest-stream.ts';
import type { CheckArguments } from './hash-arguments.ts';
import { countLines, isTyped, openInput } from './input.ts';
import { readLines } from './lines.ts';
import type { Session } from './session.ts';
import { sizeOf } from './walk.ts';

/** The digest of standard input, which this thread computes because a task can't read it; or the error. */
type Here = { readonly digest: string } | { readonly error: unknown };

/** A line of the list: a checksum to verify, or the number of an improper line, from 1. */
type Listed = (Checksum & { readonly here?: Here }) | number;

/** `millrace hash --check FILE…`: verifies the lists one after the other, with the messages of `sha256sum --check`. */
export async function check(session: Session, args: CheckArguments): Promise<void> {
  const executor = await session.open(args.workers);
  const parse = checksumParser(args.digits, args.tag);
  for (const list of args.paths) {
    if (session.interrupted) return;
    await checkList(session, executor, parse, list, args);
  }
}

async function checkList(
  session: Session,
  executor: Executor,
  parse: ParseChecksum,
  list: BytePath,
  args: CheckArguments,
): Promise<void> {
  const { algorithm, tag, ignoreMissing, strict, told } = args;
  const name = list === '-' ? "'standard input'" : list;
  const counts = { proper: 0, improper: 0, unreadable: 0, mismatched: 0, matched: 0 };

  async function* checksums(): AsyncGenerator<Listed, undefined> {
    let line = 0;
    for await (const bytes of readLines(openInput(list))) {
      line++;
      const checksum = bytes === undefined ? undefined : parse(bytes.toString('latin1'));
      if (checksum === 'ignored') continue;
      if (checksum === undefined || (list === '-' && checksum.path === '-')) {
        counts.improper++;
        if (told === 'warn') yield line;
        continue;
      }
      counts.proper++;
      yield checksum.path === '-' ? { ...checksum, here: await readHere() } : checksum;
    }
  }

  async function readHere(): Promise<Here> {
    try {
      return { digest: await digestStream('-', algorithm) };
    } catch (error) {
      return { error };
    }
  }

  function verdict({ path }: Checksum, words: string): Promise<void> | undefined {
    const silent = told === 'status' || (told === 'quiet' && words === 'OK');
    return silent ? undefined : session.output.write(formatVerdict(path, words));
  }

  function unreadable(listed: Checksum, reason: unknown): Promise<void> | undefined {
    if (ignoreMissing && (reason as NodeJS.ErrnoException | null)?.code === 'ENOENT') return undefined;
    counts.unreadable++;
    void session.fail(listed.path, reason);
    return verdict(listed, 'FAILED open or read');
  }

  /** Verifies a device or a pipe on this thread, since tasks refuse them. */
  async function compareSpecial(listed: Checksum): Promise<void> {
    let digest: string;
    try {
      digest = await digestStream(listed.path, algorithm);
    } catch (error) {
      await unreadable(listed, error);
      return;
    }
    await compare(listed, digest);
  }

  function compare(listed: Checksum, digest: string): Promise<void> | undefined {
    if (digest === listed.digest) {
      counts.matched++;
      return verdict(listed, 'OK');
    }
    counts.mismatched++;
    return verdict(listed, 'FAILED');
  }

  try {
    await session.each(
      checksums(),
      (listed) =>
        typeof listed === 'number' || listed.here !== undefined
          ? hashing.hashBytes('')
          : hashing.hashFile(toSystem(listed.path), algorithm),
      (listed, outcome) => {
        if (typeof listed === 'number') {
          return session.remark(`${toText(name)}: ${listed}: improperly formatted ${tag} checksum line`);
        }
        if (outcome.status !== 'fulfilled') {
          const { code } = outcome.reason as { code?: unknown };
          const special = code === 'ERR_MILLRACE_NOT_A_REGULAR_FILE';
          return special ? compareSpecial(listed) : unreadable(listed, outcome.reason);
        }
        const { here = { digest: outcome.value } } = listed;
        return 'error' in here ? unreadable(listed, here.error) : compare(listed, here.digest);
      },
      {
        executor,
        bytes: (listed) => (typeof listed === 'number' ? 0 : sizeOf(listed.path)),
        total: isTyped(list) ? undefined : () => countLines(list),
      },
    );
  } catch (error) {
    await session.fail(list, error);
    return;
  }
  if (session.interrupted) return;
  if (counts.proper === 0) {
    await session.fail(name, 'no properly formatted checksum lines found');
    return;
  }
  // On a terminal, the warnings come after the verdicts.
  session.output.flush();
  await warn(counts.improper, 'line is improperly formatted', 'lines are improperly formatted');
  await warn(counts.unreadable, 'listed file could not be read', 'listed files could not be read');
  await warn(counts.mismatched, 'computed checksum did NOT match', 'computed checksums did NOT match');
  const unverified = ignoreMissing && counts.matched === 0;
  if (unverified && told !== 'status') await session.remark(`${toText(name)}: no file was verified`);
  if (unverified || counts.mismatched > 0 || (strict && counts.improper > 0)) session.failed();

  function warn(count: number, one: string, many: string): Promise<void> | undefined {
    if (count === 0 || told === 'status') return undefined;
    return session.remark(`WARNING: ${count} ${count === 1 ? one : many}`);
  }
}
