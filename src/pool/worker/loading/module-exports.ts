import { realpathSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';

type Named = Readonly<Record<string, unknown>>;

/** The exports of a module. Only own properties count: an inherited `constructor` is no export. */
export class ModuleExports {
  /** The same object for each URL of the module. */
  readonly identity: object;
  readonly #all: readonly Named[];

  constructor(url: string, namespace: object) {
    const { default: main } = namespace as Named;
    this.identity = namespace;
    this.#all = [namespace as Named];
    if (!isObject(main)) return;
    // For a CommonJS module, `module.exports`: Node can't always find its names by reading the source.
    const isCommon = isCommonJs(url, namespace, main);
    if (isCommon) this.identity = main;
    // If it was compiled from an ES module, its `default` is that module's default export.
    if (isTranspiled(main)) this.#all = [main, namespace as Named];
    else if (isCommon) this.#all = [namespace as Named, main];
  }

  get(name: string): unknown {
    return this.#all.find((exports) => Object.hasOwn(exports, name))?.[name];
  }

  get functionNames(): string[] {
    const names = new Set(this.#all.flatMap((exports) => attempt(() => Object.keys(exports)) ?? []));
    return [...names].filter((name) => attempt(() => typeof this.get(name)) === 'function');
  }
}

const isObject = (value: unknown): value is Named =>
  typeof value === 'function' || (typeof value === 'object' && value !== null);

const isTranspiled = (main: Named): boolean =>
  attempt(() => Object.hasOwn(main, '__esModule') && main['__esModule'] === true) === true;

/** Newer versions of Node mark the namespace of a CommonJS module; otherwise it is in the cache of `require`. */
function isCommonJs(url: string, namespace: object, main: object): boolean {
  if (Object.hasOwn(namespace, 'module.exports')) return true;
  if (!url.startsWith('file:')) return false;
  return createRequire(url).cache[realpathSync(fileURLToPath(url))]?.exports === main;
}

/** Undefined if reading throws: exports may have getters or be proxies. */
function attempt<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch {
    return undefined;
  }
}
