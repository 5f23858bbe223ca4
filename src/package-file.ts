/**
 * The URL of this module. Asked here and nowhere else: the package is bundled, and only of this module it is certain where it
 * lies then (`bundle.mjs`).
 */
export const here: string = import.meta.url;

/** What threads load, by its path from this folder. */
type ThreadModule =
  | 'pool/worker/worker-entry'
  | 'pool/worker/check-task'
  | 'tasks/ready-made/hashing'
  | 'tasks/ready-made/images'
  | 'tasks/ready-made/passwords'
  | 'tasks/evaluate';

/** The URL of a module of this package that threads load. */
export function threadModule(name: ThreadModule): URL {
  return new URL(`./${name}.cjs`, here);
}
