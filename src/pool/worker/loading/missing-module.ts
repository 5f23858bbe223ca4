import { readdirSync } from 'node:fs';
import { basename, dirname, extname } from 'node:path';
import { fileURLToPath } from 'node:url';

/** A message that a task module is missing, with advice for bundlers and the names of similar files. */
export function missingModule(url: string): string {
  const near = nearMisses(url);
  const there = near.length === 0 ? '' : ` (there is ${near.join(', ')})`;
  return `there is no module at ${url}${there}; a bundler that wrote its folder needs the module as an entry`;
}

/** Files with another extension (`work.mjs` for `work.js`), or with a bundler's hash (`work-1a2b3c.js`). */
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
