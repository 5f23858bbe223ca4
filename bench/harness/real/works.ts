import { readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import type { Task } from 'millrace';

const { resolve } = createRequire(import.meta.url);

/** What is done with a file. The task module is the package itself. */
export interface Work {
  readonly name: 'minify' | 'format' | 'parse';
  readonly from: string;
  /** What follows the source among the arguments. */
  readonly options: readonly unknown[];
  /** What its results are compared by. */
  readonly digested: (result: unknown) => string;
}

const json = (result: unknown) => JSON.stringify(result);

export const works: Record<string, Work> = {
  terser: { name: 'minify', from: 'terser', options: [], digested: json },
  prettier: { name: 'format', from: 'prettier', options: [{ parser: 'babel' }], digested: json },
  acorn: {
    name: 'parse',
    from: 'acorn',
    options: [{ ecmaVersion: 'latest', sourceType: 'module' }],
    digested: json,
  },
};

export type Exports = Record<Work['name'], (...args: readonly unknown[]) => unknown>;
export type Tasks = Record<Work['name'], (...args: readonly unknown[]) => Task<unknown>>;

/** The sources of lodash-es, a function a file. */
export function sources(): string[] {
  const directory = dirname(resolve('lodash-es'));
  return readdirSync(directory)
    .filter((name) => name.endsWith('.js'))
    .map((name) => readFileSync(join(directory, name), 'utf8'));
}
