import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { InvalidTaskError } from '../../base/errors.ts';
import { threadModule } from '../../package-file.ts';
import * as readyMade from '../../tasks/index.ts';
import { moduleOf } from '../../tasks/task-makers.ts';

/** Logical name of the module that runs the functions of `inline()`. A host runs them only if its options allow it. */
export const inlineModule: string = 'millrace:inline';

const inlineUrl = threadModule('tasks/evaluate').href;

/** URLs of the task modules of `millrace/tasks` by logical name: `millrace/tasks/` and the name under which its makers are exported. */
export const readyMadeModules: ReadonlyMap<string, string> = new Map(
  Object.entries(readyMade).flatMap(([name, exported]) => {
    const url = moduleOf(exported);
    return url === undefined ? [] : [[`millrace/tasks/${name}`, url] as const];
  }),
);

const ownNames = new Map([...readyMadeModules].map(([name, url]) => [url, name]));

/**
 * The logical name of a module, which is the same on all machines: the name of the nearest package that has one, and the module's path
 * in it, such as `shop/src/work.js`.
 *
 * @throws {InvalidTaskError} if the URL is not that of a file, or no package around the file has a name.
 */
export function logicalName(url: string): string {
  if (url === inlineUrl) return inlineModule;
  const own = ownNames.get(url);
  if (own !== undefined) return own;
  if (!url.startsWith('file:')) {
    throw new InvalidTaskError(`a host runs only modules that are files, not ${cut(url)}`);
  }
  const path = pathOf(url);
  for (let folder = dirname(path); ; folder = dirname(folder)) {
    const name = packageName(folder);
    if (name !== undefined) return [name, ...relative(folder, path).split(sep)].join('/');
    if (folder === dirname(folder)) break;
  }
  const remedy =
    'name one in its package.json, or give the module one with --tasks NAME=PATH, and the program the same with the option modules';
  throw new InvalidTaskError(`${path} is in no package that has a name: ${remedy}`);
}

function pathOf(url: string): string {
  try {
    return fileURLToPath(url);
  } catch (cause) {
    throw new InvalidTaskError(`${cut(url)} is not the URL of a file`, { cause });
  }
}

/** The first 40 characters of a URL for a message: a data: URL may be long. */
const cut = (url: string): string => (url.length > 40 ? `${url.slice(0, 40)}…` : url);

function packageName(folder: string): string | undefined {
  const manifest = join(folder, 'package.json');
  if (!existsSync(manifest)) return undefined;
  try {
    const { name } = JSON.parse(readFileSync(manifest, 'utf8')) as { name?: unknown };
    return typeof name === 'string' && name !== '' ? name : undefined;
  } catch {
    return undefined;
  }
}

/** 16 hex digits of the SHA-256 of a module's own file, to compare it between machines; undefined if this process can't read it. */
export function digestOf(url: string): string | undefined {
  try {
    return createHash('sha256')
      .update(readFileSync(fileURLToPath(url)))
      .digest('hex')
      .slice(0, 16);
  } catch {
    return undefined;
  }
}
