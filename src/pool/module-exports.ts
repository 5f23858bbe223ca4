import { realpathSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';

type Named = Readonly<Record<string, unknown>>;

/** What a module exports. Only own properties count: a class has a `constructor`, but nobody exported it. */
export class ModuleExports {
  readonly #all: readonly Named[];

  constructor(url: string, namespace: object) {
    const { default: main } = namespace as Named;
    // Of a CommonJS module it is `module.exports`, whose names Node can't always tell by reading the source.
    const hasMore = main instanceof Object && isCommonJs(url, namespace, main);
    this.#all = (hasMore ? [namespace, main] : [namespace]) as Named[];
  }

  get(name: string): unknown {
    return this.#all.find((exports) => Object.hasOwn(exports, name))?.[name];
  }

  get functionNames(): string[] {
    const names = new Set(this.#all.flatMap((exports) => Object.keys(exports)));
    return [...names].filter((name) => typeof this.get(name) === 'function');
  }
}

/** Newer versions of Node mark the namespace; where they don't, the module is known to `require` as well. */
function isCommonJs(url: string, namespace: object, main: object): boolean {
  if (Object.hasOwn(namespace, 'module.exports')) return true;
  if (!url.startsWith('file:')) return false;
  return createRequire(url).cache[realpathSync(fileURLToPath(url))]?.exports === main;
}
