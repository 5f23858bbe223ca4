import { realpathSync, statSync } from 'node:fs';
import { isBuiltin } from 'node:module';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { InvalidTaskError } from '../../../base/errors.ts';
import { importTypeScript, isTypeScript } from './import-typescript.ts';
import { missingModule } from './missing-module.ts';
import { ModuleExports } from './module-exports.ts';
import { setUp } from './module-hooks.ts';
import { loading } from './module-loads.ts';
import { ignoreTwin } from '../isolation/rejection-twin.ts';
import { withPlace } from './syntax-error-place.ts';

export type TaskFunction = (...args: unknown[]) => unknown;

/**
 * Imports a task module, sets it up and returns one of its functions. Runs in the worker.
 *
 * Rejects with `InvalidTaskError` if the module or the export does not exist, and with the module's own error if it throws
 * during loading or setup, or imports a missing module.
 */
export async function loadTask(module: string, name: string): Promise<TaskFunction> {
  const { url, exports, found } = await findTask(module, name);
  await setUp(url, exports);
  return found;
}

interface FoundTask {
  readonly url: string;
  readonly exports: ModuleExports;
  readonly found: TaskFunction;
}

/** As `loadTask`, without the setup. */
export async function findTask(module: string, name: string): Promise<FoundTask> {
  const url = existingUrl(module);
  const { namespace } = await importOnce(url);
  const exports = new ModuleExports(url, namespace);
  const found = exports.get(name);
  if (typeof found === 'function') return { url, exports, found: found as TaskFunction };
  const names = exports.functionNames;
  const known = names.length === 0 ? 'it exports no functions' : `its functions: ${names.join(', ')}`;
  throw new InvalidTaskError(`${module} has no function '${name}' (${known})`);
}

/**
 * The URL of the module, or of its TypeScript source if the program runs from sources.
 *
 * Checked before the import: an error of `import()` does not tell whether this module is missing or one that it imports.
 */
function existingUrl(module: string): string {
  if (module.startsWith('node:') ? isBuiltin(module) : !module.startsWith('file:')) return module;
  if (isFile(module)) return module;
  const source = module.replace(/\.([mc]?)js$/, '.$1ts');
  if (source !== module && isFile(source)) return source;
  throw new InvalidTaskError(missingModule(module));
}

/** @throws {InvalidTaskError} if the URL has no path: it names a host, or has an encoded slash. */
function isFile(url: string): boolean {
  try {
    return statSync(fileURLToPath(url), { throwIfNoEntry: false })?.isFile() === true;
  } catch (cause) {
    throw new InvalidTaskError(`there can be no module at ${url}`, { cause });
  }
}

/** A box for the namespace: a promise of a namespace that exports `then` would call it, and perhaps never settle. */
interface Imported {
  readonly namespace: object;
}

/** A module that exports only the namespace of another. */
const boxed = (url: string): string =>
  `data:text/javascript,${encodeURIComponent(`import * as namespace from ${JSON.stringify(url)};export { namespace };`)}`;

/** Modules that this thread has imported. `import()` caches modules by itself, but tsx evaluates a module at each call. */
const imported = new Map<string, Promise<Imported>>();

async function importOnce(url: string): Promise<Imported> {
  const key = realUrl(url);
  let module = imported.get(key);
  if (module === undefined) {
    module = loading(url, () => importModule(url));
    imported.set(key, module);
  }
  try {
    return await module;
  } catch (error) {
    if (imported.get(key) === module) imported.delete(key);
    ignoreTwin(error);
    throw await withPlace(error, url);
  }
}

/** The same URL for every URL of a file: through links, or with other characters escaped. */
function realUrl(url: string): string {
  if (!url.startsWith('file:')) return url;
  const { search, hash } = new URL(url);
  return pathToFileURL(realpathSync(fileURLToPath(url))).href + search + hash;
}

async function importModule(url: string): Promise<Imported> {
  try {
    const { namespace } = (await import(boxed(url))) as Partial<Imported>;
    // Bun exports no namespace.
    return { namespace: namespace ?? ((await import(url)) as object) };
  } catch (error) {
    const code = (error as { code?: unknown } | null)?.code;
    if (code === 'ERR_UNSUPPORTED_ESM_URL_SCHEME' && !/^(?:file|data|node):/.test(url)) {
      throw new InvalidTaskError(`Node can't import a module from ${url}`, { cause: error });
    }
    if (isTypeScript(url)) return importTypeScript<Imported>(url, error, boxed(url));
    throw error;
  }
}
