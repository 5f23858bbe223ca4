import { existsSync, lstatSync, mkdirSync, realpathSync, statSync } from 'node:fs';
import type { Stats } from 'node:fs';
import { basename, dirname, extname, join, resolve, sep } from 'node:path';
import { toSystem, toText } from './byte-path.ts';
import type { BytePath } from './byte-path.ts';
import { reasonOf } from './reason.ts';
import type { Rendition } from './resize-arguments.ts';
import type { FoundFile } from './walk.ts';

/**
 * Where the results of each image go: below the output directory as it stands below the directory that was named, with
 * the suffix of the rendition and the ending of the format.
 *
 * Two sources never share a target, and no target is another source: `a.png` as WebP must not replace the `a.webp`
 * beside it.
 */
export class Targets {
  readonly #out: string;
  /** Undefined if nothing is to be written and it is not there. */
  readonly #outStats: Stats | undefined;
  /** Makes directories, unless nothing is to be written. */
  readonly #makes: boolean;
  /** What is resized, with the links on the way to it resolved; but not what has the output directory for itself. */
  readonly #sources: readonly string[];
  readonly #taken = new Set<string>();

  /** Makes the output directory if it is missing, unless `dryRun`; throws if it can't be made. */
  constructor(paths: readonly BytePath[], out: string, dryRun: boolean) {
    this.#makes = !dryRun;
    if (this.#makes) makeDirectory(out);
    this.#out = out;
    this.#outStats = statSync(out, { throwIfNoEntry: false });
    const realOut = this.#outStats === undefined ? resolve(out) : realpathSync(out);
    this.#sources = paths
      .filter((path) => existsSync(toSystem(path)))
      .map((path) => realpathSync(toSystem(path)))
      .filter((source) => !realOut.startsWith(below(source)));
  }

  /** Is this the output directory? What is in there is left out of a walk: it may be the results of the last one. */
  isOut(directory: BytePath): boolean {
    try {
      return this.#outStats !== undefined && isSame(statSync(toSystem(directory)), this.#outStats);
    } catch {
      // The walk will say what is wrong with it.
      return false;
    }
  }

  /**
   * The targets of a source, one for each rendition, in a directory that is there.
   *
   * @throws {Error} if one is taken, or another source, or can't be. Then the source takes none.
   */
  take({ path, below: start }: FoundFile, renditions: readonly Rendition[]): string[] {
    const name = toText(start === undefined ? path.slice(path.lastIndexOf('/') + 1) : path.slice(start));
    const targets = renditions.map((rendition) => join(this.#out, nameOf(name, rendition)));
    for (const target of targets) {
      if (this.#taken.has(target)) throw new Error(`another source goes to ${target} as well`);
    }
    if (this.#makes) makeDirectory(dirname(targets[0] as string));
    for (const target of targets) {
      if (this.#isOtherSource(target, path)) throw new Error(`would overwrite ${target}, another source`);
    }
    for (const target of targets) this.#taken.add(target);
    return targets;
  }

  /** A file in the way that is among those that are resized, or will be. What is the source itself is refused later. */
  #isOtherSource(target: string, source: BytePath): boolean {
    const there = lstatSync(target, { throwIfNoEntry: false });
    if (there?.isFile() !== true) return false;
    if (isSame(there, statSync(toSystem(source)))) return false;
    const real = join(realpathSync(dirname(target)), basename(target));
    return this.#sources.some((path) => real === path || real.startsWith(below(path)));
  }
}

function nameOf(name: string, { suffix, options: { format } }: Rendition): string {
  const ending = extname(name);
  const stem = name.slice(0, name.length - ending.length);
  if (format === undefined) return `${stem}${suffix}${ending}`;
  return `${stem}${suffix}${format === 'jpeg' ? '.jpg' : `.${format}`}`;
}

const isSame = (one: Stats, other: Stats): boolean => one.ino === other.ino && one.dev === other.dev;

const below = (directory: string): string => (directory.endsWith(sep) ? directory : directory + sep);

function makeDirectory(path: string): void {
  try {
    mkdirSync(path, { recursive: true });
  } catch (cause) {
    throw new Error(`${path}: ${reasonOf(cause)}`, { cause });
  }
}
