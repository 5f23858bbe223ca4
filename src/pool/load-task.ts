import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { InvalidTaskError } from '../errors.ts';
import { exportOf, setUp } from './module-hooks.ts';
import type { ModuleExports } from './module-hooks.ts';

export type TaskFunction = (...args: unknown[]) => unknown;

/**
 * Imports a task module, sets it up and finds one of its functions. Runs in the worker.
 *
 * Rejects with `InvalidTaskError` if there is no such module or export, and with the module's own error if it throws
 * while it is loaded or set up.
 */
export async function loadTask(module: string, name: string): Promise<TaskFunction> {
  const url = existingUrl(module);
  const exports = await importModule(url);
  const found = exportOf(exports, name);
  if (typeof found === 'function') {
    await setUp(url, exports);
    return found as TaskFunction;
  }
  const names = Object.keys(exports).filter((key) => typeof exports[key] === 'function');
  const known = names.length === 0 ? 'it exports no functions' : `its functions: ${names.join(', ')}`;
  throw new InvalidTaskError(`${module} has no function '${name}' (${known})`);
}

/** The module, or the TypeScript file that it will be compiled from while one works from the sources. */
function existingUrl(module: string): string {
  if (!module.startsWith('file:') || existsSync(fileURLToPath(module))) return module;
  const source = module.replace(/\.([mc]?)js$/, '.$1ts');
  if (source !== module && existsSync(fileURLToPath(source))) return source;
  throw new InvalidTaskError(`there is no module at ${module}`);
}

async function importModule(url: string): Promise<ModuleExports> {
  try {
    return (await import(url)) as ModuleExports;
  } catch (error) {
    if (
      (error as { code?: unknown } | null)?.code !== 'ERR_UNKNOWN_FILE_EXTENSION' ||
      !/\.[mc]?ts$/.test(url)
    ) {
      throw error;
    }
    return importWithTsx(url, error);
  }
}

/** For a Node that does not strip types: tsx, as the task module's own package has it installed. */
async function importWithTsx(url: string, cause: unknown): Promise<ModuleExports> {
  let api: URL;
  try {
    api = tsxApi(createRequire(url));
  } catch {
    const message = `Node ${process.versions.node} does not run TypeScript, as ${url} is`;
    throw new InvalidTaskError(`${message}: use Node 22.18 or later, or npm install tsx`, { cause });
  }
  const { tsImport } = (await import(api.href)) as {
    tsImport: (specifier: string, parent: string) => Promise<ModuleExports>;
  };
  return tsImport(url, import.meta.url);
}

/** Its ESM entry: `require.resolve` would find the one for CommonJS, which can't be imported. */
function tsxApi(require: NodeJS.Require): URL {
  const manifest = require.resolve('tsx/package.json');
  const { exports } = require(manifest) as {
    exports: Record<string, { import: string | { default: string } }>;
  };
  const entry = exports['./esm/api']?.import;
  return new URL(typeof entry === 'string' ? entry : (entry?.default ?? ''), pathToFileURL(manifest));
}
