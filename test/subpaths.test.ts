import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { subpaths } from '../subpaths.mjs';

interface Manifest {
  readonly exports: Record<string, unknown>;
  readonly typesVersions: { readonly '*': Record<string, string[]> };
}

const { exports, typesVersions } = JSON.parse(readFileSync('package.json', 'utf8')) as Manifest;

/** The four files of a subpath, all beside each other. */
const files = (module: string) => ({
  import: { types: `./dist/${module}.d.ts`, default: `./dist/${module}.js` },
  require: { types: `./dist/${module}.d.cts`, default: `./dist/${module}.cjs` },
});

test('every subpath has its four files', () => {
  expect(subpaths.length).toBeGreaterThan(5);
  const { './package.json': _, ...others } = exports;
  expect(others).toEqual(
    Object.fromEntries(subpaths.map(({ name, module }) => [name.replace('millrace', '.'), files(module)])),
  );
});

test('an old resolution finds the same types', () => {
  const own = subpaths.filter(({ name }) => name !== 'millrace');
  expect(typesVersions['*']).toEqual(
    Object.fromEntries(
      own.map(({ name, module }) => [name.replace('millrace/', ''), [`./dist/${module}.d.cts`]]),
    ),
  );
});
