/**
 * The URL of this module. Asked here and nowhere else: the package is bundled, and only of this module it is certain where it
 * lies then (`bundle.mjs`).
 */
export const here: string = import.meta.url;

/**
 * The URL of a module of this package that threads load.
 *
 * @param name its path from this folder, as a literal: the build makes files of the modules that are named so
 *   (`thread-modules.mjs`), and fails for one that is not there.
 */
export function threadModule(name: string): URL {
  return new URL(`./${name}.cjs`, here);
}
