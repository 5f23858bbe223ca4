const ordinary = Function.prototype[Symbol.hasInstance];

/**
 * Gives a class a brand: a registered symbol on its prototype, which `instanceof` asks for. So the copies of the package that one
 * process may have, of one version or of several, know each other's tasks, executors, futures, gates and errors.
 *
 * A class that extends it is not branded by that: of those only its own instances are.
 *
 * @param read what another copy may ask of an instance (`askBrand`).
 */
export function brand<T extends object>(
  type: abstract new (...args: never[]) => T,
  name: string,
  read: (instance: T) => unknown = () => true,
): void {
  const key = keyOf(name);
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

/** What an instance, perhaps of another copy, answers to its brand. */
export function askBrand(instance: object, name: string): unknown {
  return (instance as Record<symbol, unknown>)[keyOf(name)];
}

function keyOf(name: string): symbol {
  return Symbol.for(`millrace.${name}`);
}
