import { readFileSync } from 'node:fs';

const { exports } = JSON.parse(readFileSync(new URL('package.json', import.meta.url), 'utf8'));

/**
 * What the package exports, by the one list there is: `exports` in package.json. `module` is the same in `src/` (a `.ts`) and in
 * `dist/`.
 */
export const subpaths = Object.entries(exports)
  .filter(([, target]) => typeof target === 'object')
  .map(([subpath, target]) => ({
    name: `millrace${subpath.slice(1)}`,
    module: /^\.\/dist\/(.+)\.js$/.exec(target.import.default)[1],
  }));
