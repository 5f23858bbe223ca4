import { readdirSync } from 'node:fs';
import { basename, dirname, extname } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Says that a task module is missing, what a bundler would have to do with it, and what is there by a name like it. */
export function missingModule(url: string): string {
  const near = nearMisses(url);
  const there = near.length === 0 ? '' : ` (there is ${near.join(', ')})`;
  return `there is no module at ${url}${there}; a bundler that wrote its folder needs the module as an entry`;
}

/** The module by another extension (`work.mjs` for `work.js`), or with the hash that a bundler gives it (`work-1a2b3c.js`). */
function nearMisses(url: string): string[] {
  try {
    const path = fileURLToPath(url);
    const stem = basename(path, extname(path));
    const isNear = (file: string) => {
      const end = extname(file);
      if (!/^\.[mc]?[jt]s$/.test(end)) return false;
      const name = basename(file, end);
      return name === stem || (name.startsWith(stem) && /^[-.][\w-]{6,}$/.test(name.slice(stem.length)));
    };
    return readdirSync(dirname(path)).filter(isNear).toSorted();
  } catch {
    return [];
  }
}
