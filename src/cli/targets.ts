import { existsSync, lstatSync, mkdirSync, realpathSync, statSync } from 'node:fs';
import type { Stats } from 'node:fs';
import { basename, dirname, extname, join, sep } from 'node:path';
import type { OutputFormat } from '../tasks/index.ts';
import { toSystem, toText } from './byte-path.ts';
import type { BytePath } from './byte-path.ts';
import { reasonOf } from './reason.ts';
import type { FoundFile } from './walk.ts';

/**
 * Where each image goes: below the output directory as it stands below the directory that was named, with the ending
 * of the format.
 *
 * Two sources never share a target, and no target is another source: `a.png` as WebP must not replace the `a.webp`
 * beside it.
 */
export class Targets {
  readonly #out: string;
  readonly #outStats: Stats;
  readonly #format: OutputFormat | undefined;
  /** What is resized, with the links on the way to it resolved; but not what has the output directory for itself. */
  readonly #sources: readonly string[];
  readonly #taken = new Set<string>();

  /** Makes the output directory if it is missing; throws if it can't be made. */
  constructor(paths: readonly BytePath[], out: string, format: OutputFormat | undefined) {
    makeDirectory(out);
    this.#out = out;
    this.#outStats = statSync(out);
    this.#format = format;
    const realOut = realpathSync(out);
    this.#sources = paths
      .filter((path) => existsSync(toSystem(path)))
      .map((path) => realpathSync(toSystem(path)))
      .filter((source) => !realOut.startsWith(below(source)));
  }

  /** Is this the output directory? What is in there is left out of a walk: it may be the results of the last one. */
  isOut(directory: BytePath): boolean {
    try {
      return isSame(statSync(toSystem(directory)), this.#outStats);
    } catch {
      // The walk will say what is wrong with it.
      return false;
    }
  }

  /**
   * The target of a source, in a directory that is there.
   *
   * @throws {Error} if it is taken, or another source, or can't be.
   */
  take({ path, below: start }: FoundFile): string {
    const name = toText(start === undefined ? path.slice(path.lastIndexOf('/') + 1) : path.slice(start));
    const target = join(this.#out, this.#withEnding(name));
    if (this.#taken.has(target)) throw new Error(`another source goes to ${target} as well`);
    makeDirectory(dirname(target));
    if (this.#isOtherSource(target, path)) throw new Error(`would overwrite ${target}, another source`);
    this.#taken.add(target);
    return target;
  }

  /** A file in the way that is among those that are resized, or will be. What is the source itself is refused later. */
  #isOtherSource(target: string, source: BytePath): boolean {
    const there = lstatSync(target, { throwIfNoEntry: false });
    if (there?.isFile() !== true) return false;
    if (isSame(there, statSync(toSystem(source)))) return false;
    const real = join(realpathSync(dirname(target)), basename(target));
    return this.#sources.some((path) => real === path || real.startsWith(below(path)));
  }

  #withEnding(name: string): string {
    if (this.#format === undefined) return name;
    const ending = this.#format === 'jpeg' ? '.jpg' : `.${this.#format}`;
    return `${name.slice(0, name.length - extname(name).length)}${ending}`;
  }
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
