import { existsSync, lstatSync, realpathSync, statSync } from 'node:fs';
import type { Stats } from 'node:fs';
import { basename, dirname, extname, join, resolve, sep } from 'node:path';
import { toSystem, toText } from './byte-path.ts';
import type { BytePath } from './byte-path.ts';
import { makeDirectory } from './make-directory.ts';
import { reasonOf } from './reason.ts';
import type { Rendition } from './resize-arguments.ts';
import type { FoundFile } from './walk.ts';

/**
 * Chooses the files that the results of each image go to. A target keeps the source's path relative to the directory
 * operand, below the output directory, with the rendition's suffix and the format's extension.
 *
 * Two sources never share a target, and no target is another source: `a.png` as WebP must not replace the `a.webp`
 * beside it.
 */
export class Targets {
  readonly #out: string;
  /** Undefined in a dry run without an output directory. */
  readonly #outStats: Stats | undefined;
  /** True if directories are made: not in a dry run. */
  readonly #makes: boolean;
  /** Real paths of the operands, without directories that contain the output directory: results there are no sources. */
  readonly #sources: readonly string[];
  readonly #taken = new Set<string>();

  /** Makes the output directory if it is missing, except in a dry run. @throws {Error} if it can't be made. */
  constructor(paths: readonly BytePath[], out: string, dryRun: boolean) {
    this.#makes = !dryRun;
    if (this.#makes) makeTarget(out);
    this.#out = out;
    this.#outStats = statSync(out, { throwIfNoEntry: false });
    const realOut = this.#outStats === undefined ? resolve(out) : realpathSync(out);
    this.#sources = paths
      .filter((path) => existsSync(toSystem(path)))
      .map((path) => realpathSync(toSystem(path)))
      .filter((source) => !realOut.startsWith(below(source)));
  }

  /** True for the output directory. A walk skips it, since it may hold the results of an earlier run. */
  isOut(directory: BytePath): boolean {
    try {
      return this.#outStats !== undefined && isSame(statSync(toSystem(directory)), this.#outStats);
    } catch {
      // The walk reports the error when it reads the directory.
      return false;
    }
  }

  /**
   * Reserves the targets of a source, one for each rendition, and makes their directory except in a dry run.
   *
   * @throws {Error} if a target is reserved already or is another source, or if its directory can't be made. Then the
   *   source reserves none.
   */
  take({ path, below: start }: FoundFile, renditions: readonly Rendition[]): string[] {
    const name = toText(start === undefined ? path.slice(path.lastIndexOf('/') + 1) : path.slice(start));
    const targets = renditions.map((rendition) => join(this.#out, nameOf(name, rendition)));
    for (const target of targets) {
      if (this.#taken.has(target)) throw new Error(`another source has the same target, ${target}`);
    }
    if (this.#makes) makeTarget(dirname(targets[0] as string));
    for (const target of targets) {
      if (this.#isOtherSource(target, path)) throw new Error(`would overwrite ${target}, another source`);
    }
    for (const target of targets) this.#taken.add(target);
    return targets;
  }

  /** True if an existing file at `target` is a source other than this one. The task refuses a target that is its source. */
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

function makeTarget(path: string): void {
  try {
    makeDirectory(path);
  } catch (cause) {
    throw new Error(`${path}: ${reasonOf(cause)}`, { cause });
  }
}
