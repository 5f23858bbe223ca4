import { statSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { InvalidTaskError } from '../../../base/errors.ts';
import { here } from '../../../package-file.ts';

/** May a module at this URL be TypeScript, or JSX? */
export function isTypeScript(url: string): boolean {
  return /\.(?:[mc]?ts|[jt]sx)$/.test(url);
}

/**
 * Imports a module that Node's own loader could not load, by the tsx that the task module's package has installed: Node before
 * 22.18 loads no TypeScript, and later versions only strip types. So a module that tsx can load runs on every Node.
 *
 * @param error Node's error, thrown again if tsx would fail as well.
 * @param specifier the module for tsx to import.
 */
export async function importTypeScript<M>(url: string, error: unknown, specifier: string): Promise<M> {
  const why = failureOfNode(error);
  if (why === null) throw error;
  let api: URL;
  try {
    api = tsxApi(createRequire(url));
  } catch {
    if (why === 'perhaps') throw error;
    const message = `Node ${process.versions.node} does not run the TypeScript of ${url}: ${why}`;
    const upgrade = why === unknownExtension ? 'use Node 22.18 or later, or ' : '';
    throw new InvalidTaskError(`${message}; ${upgrade}npm install tsx`, { cause: error });
  }
  const { tsImport } = (await import(api.href)) as {
    tsImport: (specifier: string, parent: string) => Promise<M>;
  };
  return tsImport(specifier, here);
}

const unknownExtension = 'it does not know the extension';

/** Why Node's loader failed where tsx would not; `'perhaps'` if the cause is uncertain; null if tsx would fail as well. */
function failureOfNode(error: unknown): string | null {
  const { code, url, message, stack } = Object(error) as { [key in string]?: unknown };
  switch (code) {
    case 'ERR_UNKNOWN_FILE_EXTENSION':
      return unknownExtension;
    case 'ERR_UNSUPPORTED_TYPESCRIPT_SYNTAX':
    case 'ERR_UNSUPPORTED_NODE_MODULES_TYPE_STRIPPING':
      return String(message);
    case 'ERR_MODULE_NOT_FOUND': {
      const source = typeof url === 'string' ? sourceOf(url) : undefined;
      return source === undefined ? 'perhaps' : `it looks for ${String(url)}, and not for ${source}`;
    }
    // A specifier without an extension, a path of tsconfig.json, and the like.
    case 'MODULE_NOT_FOUND':
    case 'ERR_UNSUPPORTED_DIR_IMPORT':
    case 'ERR_PACKAGE_IMPORT_NOT_DEFINED':
    case 'ERR_INVALID_TYPESCRIPT_SYNTAX':
    case 'ERR_IMPORT_ATTRIBUTE_MISSING':
      return 'perhaps';
    default:
      return isOfLoader(error, String(stack)) || isRequireOfModule(error, String(message)) ? 'perhaps' : null;
  }
}

/** Decorators, or types imported without `type`. An error that the module itself throws has the module's frame on top. */
function isOfLoader(error: unknown, stack: string): boolean {
  const topFrame = /^ +at .*$/m.exec(stack)?.[0] ?? '';
  return error instanceof SyntaxError && /\bnode:internal\/modules\//.test(topFrame);
}

/** `import` and `require()` in one module: without a "type" in package.json Node takes it for an ES module, tsx for CommonJS. */
function isRequireOfModule(error: unknown, message: string): boolean {
  return error instanceof ReferenceError && message.startsWith('require is not defined in ES module scope');
}

/** The TypeScript file that exists in the place of a missing JavaScript file. */
function sourceOf(url: string): string | undefined {
  const candidates = ['.$1ts', '.$1tsx'].map((end) => url.replace(/\.([mc]?)jsx?$/, end));
  return candidates.find((each) => each !== url && isFile(each));
}

function isFile(url: string): boolean {
  try {
    return statSync(fileURLToPath(url), { throwIfNoEntry: false })?.isFile() === true;
  } catch {
    return false;
  }
}

/** The ESM entry of tsx: `require.resolve` would find the CommonJS one, which can't be imported. */
function tsxApi(require: NodeJS.Require): URL {
  const manifest = require.resolve('tsx/package.json');
  const { exports } = require(manifest) as {
    exports: Record<string, { import: string | { default: string } }>;
  };
  const entry = exports['./esm/api']?.import;
  return new URL(typeof entry === 'string' ? entry : (entry?.default ?? ''), pathToFileURL(manifest));
}
