import { staysInThread } from './stays.ts';

const ordinary = Function.prototype[Symbol.hasInstance];

/**
 * Gives a class a brand: a registered symbol on its prototype, for which `instanceof` looks. One process may have several copies of
 * the package; by their brands the copies recognize each other's tasks, executors, futures, gates and errors.
 *
 * A subclass has no brand of its own: `instanceof` recognizes only the subclass's own instances, not those of another copy.
 *
 * @param read returns what another copy gets from `askBrand()` for an instance.
 */
export function brand<T extends object>(
  type: abstract new (...args: never[]) => T,
  name: string,
  read: (instance: T) => unknown = () => true,
): void {
  const key = keyOf(name);
  staysInThread(type);
  Object.defineProperty(type.prototype, key, {
    get(this: T) {
      return read(this);
    },
  });
  Object.defineProperty(type, Symbol.hasInstance, {
    value(this: unknown, value: unknown): boolean {
      if (this !== type) return ordinary.call(this as () => void, value);
      return typeof value === 'object' && value !== null && key in value;
    },
  });
}

/** `brand()` for a class of errors. Node prints an error by these two names, and a minifier would rename the class. */
export function brandError(type: abstract new (...args: never[]) => Error, name: string): void {
  brand(type, name);
  Object.defineProperty(type, 'name', { value: name, configurable: true });
  Object.defineProperty(type.prototype, 'name', { value: name, writable: true, configurable: true });
}

/** What `read` of the instance's own copy of the package returns; undefined if the instance has no such brand. */
export function askBrand(instance: object, name: string): unknown {
  return (instance as Record<symbol, unknown>)[keyOf(name)];
}

function keyOf(name: string): symbol {
  return Symbol.for(`millrace.${name}`);
}
