import { insideOf } from '../executor/inside.ts';
import type { Inside } from '../executor/inside.ts';
import { buffered } from '../flow/buffered.ts';
import type { Task } from '../index.ts';
import { threadModule } from '../package-file.ts';
import { hashing } from '../tasks/index.ts';
import { tasks } from '../tasks/task-makers.ts';
import { smallFile } from '../tasks/ready-made/digest-file.ts';
import { breather, countFiles } from './breathe.ts';
import { toSystem } from './byte-path.ts';
import type { BytePath } from './byte-path.ts';
import type { DigestLine } from './checksum-line.ts';
import { CommandLoop } from './command-loop.ts';
import { digestStream } from './digest-stream.ts';
import type { HashArguments } from './hash-arguments.ts';
import type { Digested } from './hash-group.ts';
import type { Session } from './session.ts';
import { sizeOf, walk } from './walk.ts';
import type { Found } from './walk.ts';

const { hashGroup } = tasks<typeof import('./hash-group.ts')>(threadModule('cli/hash-group'));

/** Files of a group. */
const groupSize = 64;
/** Groups that are hashed, or not yet printed, at a time. */
const groupsAhead = 64;

/** Files in the order of the output; `digests` is there if this thread has read them. */
interface Group {
  readonly paths: readonly BytePath[];
  readonly digests?: readonly Digested[];
}

const standardInput: Found = { kind: 'file', path: '-', below: undefined, regular: false };

/** Hashes regular files in worker threads; this thread hashes standard input, pipes and devices. */
export async function hashAll(session: Session, args: HashArguments, line: DigestLine): Promise<void> {
  const { paths, algorithm } = args;
  const executor = await session.open(args.workers);
  const inside = insideOf(executor) as Inside;
  const loop = new CommandLoop(groupSize * groupsAhead);
  inside.show(loop);

  async function* thunks(): AsyncGenerator<() => Promise<Required<Group>>, undefined> {
    loop.pulls();
    for await (const group of groups(session, args)) {
      loop.pulled(group.paths.length);
      yield () => hashed(group);
      loop.pulls();
    }
    loop.inputEnded();
  }

  async function hashed({ paths, digests: known }: Group): Promise<Required<Group>> {
    const digests = [...(known ?? (await together(paths)))];
    if (digests.includes(null)) {
      await Promise.all(paths.map(async (path, index) => (digests[index] ??= await alone(path))));
    }
    loop.ended(paths.length);
    return { paths, digests };
  }

  async function together(paths: readonly BytePath[]): Promise<readonly Digested[]> {
    const left = paths.map(() => null);
    // A directory's files are much alike: where the first one is large, a group would only delay the others.
    if (paths.length === 1 || sizeOf(paths[0] as BytePath) >= smallFile) return left;
    try {
      return await run(hashGroup(paths.map(toSystem), algorithm));
    } catch {
      // The thread has ended. Alone, each file says whether it was the cause.
      return left;
    }
  }

  async function alone(path: BytePath): Promise<Digested> {
    try {
      return await run(hashing.hashFile(toSystem(path), algorithm));
    } catch (error) {
      return { error };
    }
  }

  const run = async <R>(task: Task<R>): Promise<R> => (await inside.submit(task, {})).result();

  const files = paths.filter((path) => path !== '-');
  await session.follow(executor, files.length === 0 ? undefined : () => countFiles(walk(files)));
  try {
    for await (const { paths, digests } of buffered(thunks(), groupsAhead)) {
      for (const [index, path] of paths.entries()) {
        const digest = digests[index] as Exclude<Digested, null>;
        const told =
          typeof digest === 'string'
            ? session.output.write(line(digest, path))
            : session.fail(path, digest.error);
        session.advance(() => sizeOf(path));
        if (told !== undefined) await loop.writing(told);
        if (session.interrupted) return;
      }
      loop.through(paths.length);
    }
  } finally {
    loop.over();
  }
}

/** The files of the operands in groups; an input that only this thread can read is a group of its own, with its digest. */
async function* groups(
  session: Session,
  { paths, algorithm }: HashArguments,
): AsyncGenerator<Group, undefined> {
  const breath = breather();
  let group: BytePath[] = [];
  for (const path of paths) {
    for (const found of path === '-' ? [standardInput] : walk([path])) {
      if (session.interrupted) return;
      if (found.kind === 'directory') await breath();
      else if (found.kind === 'failed') await session.fail(found.path, found.error);
      else {
        if (found.regular) group.push(found.path);
        if (group.length === groupSize || (group.length > 0 && !found.regular)) {
          yield { paths: group };
          group = [];
        }
        if (!found.regular) yield { paths: [found.path], digests: [await here(found.path, algorithm)] };
      }
    }
  }
  if (group.length > 0) yield { paths: group };
}

async function here(path: BytePath, algorithm: string): Promise<Digested> {
  try {
    return await digestStream(path, algorithm);
  } catch (error) {
    return { error };
  }
}
