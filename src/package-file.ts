/**
 * The URL of a file of this package, by its path from this folder. Asked here and nowhere else: the command line is bundled
 * into one file, and lies beside this one then.
 */
export function packageFile(path: string): URL {
  return new URL(path, import.meta.url);
}
