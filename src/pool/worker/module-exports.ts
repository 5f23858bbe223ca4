import { realpathSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';

type Named = Readonly<Record<string, unknown>>;

/** What a module exports. Only own properties count: a class has a `constructor`, but nobody exported it. */
export class ModuleExports {
  /** The same for each URL of the module. */
  readonly identity: object;
  readonly #all: readonly Named[];

  constructor(url: string, namespace: object) {
    const { default: main } = namespace as Named;
    this.identity = namespace;
    this.#all = [namespace as Named];
    if (!isObject(main)) return;
    // Of a CommonJS module it is `module.exports`, whose names Node can't always tell by reading the source.
    const isCommon = isCommonJs(url, namespace, main);
    if (isCommon) this.identity = main;
    // Compiled from a module of the newer kind, it has that one's `default`.
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

/** Newer versions of Node mark the namespace; where they don't, the module is known to `require` as well. */
function isCommonJs(url: string, namespace: object, main: object): boolean {
  if (Object.hasOwn(namespace, 'module.exports')) return true;
  if (!url.startsWith('file:')) return false;
  return createRequire(url).cache[realpathSync(fileURLToPath(url))]?.exports === main;
}

/** Exports may have getters, or be proxies, that throw. */
function attempt<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch {
    return undefined;
  }
}
