/**
 * The URL of a file of this package, by its path from this folder. Asked here and nowhere else: the package is bundled, and only
 * of this module it is certain where it lies then (`bundle.mjs`).
 */
export function packageFile(path: string): URL {
  return new URL(path, import.meta.url);
}
