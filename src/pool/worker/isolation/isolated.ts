/**
 * Copies these methods from the prototype to the object itself, and returns the object. Tasks share the prototypes: a task that
 * replaces a method there can then neither stop nor observe the thread's own code.
 */
export function isolated<T extends object>(object: T, ...methods: readonly (keyof T & string)[]): T {
  for (const name of methods) {
    const method = object[name] as (...args: unknown[]) => unknown;
    Object.defineProperty(object, name, { value: method.bind(object) });
  }
  return object;
}
