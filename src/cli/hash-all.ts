import { insideOf } from '../executor/inside.ts';
import type { Inside } from '../executor/inside.ts';
import { buffered } from '../flow/buffered.ts';
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
/** Groups that are being hashed, or are not yet printed, at a time. */
const groupsAhead = 64;

type Hashed = Exclude<Digested, null>;

/** Files in the order of the output. `digests`: of an input that this thread has read. */
interface Group {
  readonly paths: readonly BytePath[];
  readonly digests?: readonly Hashed[];
}

/** A promise where a file is hashed alone. It never rejects. */
interface HashedGroup {
  readonly paths: readonly BytePath[];
  readonly digests: readonly (Hashed | Promise<Hashed>)[];
}

const standardInput: Found = { kind: 'file', path: '-', below: undefined, regular: false };

/** Hashes regular files in worker threads; this thread hashes standard input, pipes and devices. */
export async function hashAll(session: Session, args: HashArguments, line: DigestLine): Promise<void> {
  const { paths, algorithm } = args;
  const executor = await session.open(args.workers);
  const inside = insideOf(executor) as Inside;
  const loop = new CommandLoop(groupSize * groupsAhead);
  inside.show(loop);

  async function* thunks(): AsyncGenerator<() => Promise<HashedGroup>, undefined> {
    loop.pulls();
    for await (const group of groups(session, args)) {
      loop.pulled(group.paths.length);
      yield () => hashed(group);
      loop.pulls();
    }
    loop.inputEnded();
  }

  async function hashed({ paths, digests }: Group): Promise<HashedGroup> {
    const all = (digests ?? (await together(paths))).map((digest, index) =>
      digest === null ? alone(paths[index] as BytePath) : digest,
    );
    loop.ended(all.filter((digest) => !(digest instanceof Promise)).length);
    return { paths, digests: all };
  }

  async function together(paths: readonly BytePath[]): Promise<readonly Digested[]> {
    const left = paths.map(() => null);
    // A directory's files are much alike: where the first one is large, a group would only delay the others.
    if (paths.length === 1 || sizeOf(paths[0] as BytePath) >= smallFile) return left;
    try {
      const future = await inside.submit(hashGroup(paths.map(toSystem), algorithm), {});
      return await future.result();
    } catch {
      // As when the thread has ended. Alone, each file says whether it was the cause.
      return left;
    }
  }

  async function alone(path: BytePath): Promise<Hashed> {
    try {
      // Before the groups that have been sent since: it is printed before them.
      const future = await inside.submit(hashing.hashFile(toSystem(path), algorithm), { priority: 1 });
      return await future.result();
    } catch (error) {
      return { error };
    } finally {
      loop.ended();
    }
  }

  const files = paths.filter((path) => path !== '-');
  await session.follow(executor, files.length === 0 ? undefined : () => countFiles(walk(files)));
  try {
    for await (const { paths, digests } of buffered(thunks(), groupsAhead)) {
      for (const [index, path] of paths.entries()) {
        const given = digests[index] as Hashed | Promise<Hashed>;
        const digest = given instanceof Promise ? await given : given;
        if (session.interrupted) return;
        const told =
          typeof digest === 'string'
            ? session.output.write(line(digest, path))
            : session.fail(path, digest.error);
        session.advance(() => sizeOf(path));
        if (told !== undefined) await loop.writing(told);
        loop.through();
      }
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
  function take(): Group[] {
    const taken = group;
    group = [];
    return taken.length === 0 ? [] : [{ paths: taken }];
  }
  for (const path of paths) {
    for (const found of path === '-' ? [standardInput] : walk([path])) {
      if (session.interrupted) return;
      if (found.kind === 'directory') {
        const turn = breath();
        // What has been found is hashed while the walk goes on.
        if (turn !== undefined) yield* take();
        await turn;
      } else if (found.kind === 'failed') {
        await session.fail(found.path, found.error);
      } else if (found.regular) {
        group.push(found.path);
        if (group.length === groupSize) yield* take();
      } else {
        yield* take();
        yield { paths: [found.path], digests: [await here(found.path, algorithm)] };
      }
    }
  }
  yield* take();
}

async function here(path: BytePath, algorithm: string): Promise<Hashed> {
  try {
    return await digestStream(path, algorithm);
  } catch (error) {
    return { error };
  }
}
