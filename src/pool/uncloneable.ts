/**
 * Which part of a value can't be cloned, as a path (`args[0].handler`): the deepest part that fails by itself.
 * Only called after cloning has failed, so its cost does not matter.
 */
export function findUncloneable(value: unknown, path: string): string | undefined {
  const seen = new Set<unknown>();

  function search(part: unknown, at: string): string | undefined {
    if (seen.has(part) || isCloneable(part)) return undefined;
    seen.add(part);
    if (typeof part !== 'object' || part === null) return at;
    const entries: [string, unknown][] =
      part instanceof Map
        ? [...part].flatMap(([key, entry], index): [string, unknown][] => [
            [`<key ${index}>`, key],
            [`.get(${String(key)})`, entry],
          ])
        : part instanceof Set
          ? [...part].map((element, index): [string, unknown] => [`<element ${index}>`, element])
          : Object.keys(part).map((key): [string, unknown] => [step(part, key), read(part, key)]);
    for (const [name, entry] of entries) {
      const found = search(entry, at + name);
      if (found !== undefined) return found;
    }
    return at;
  }

  return search(value, path);
}

/** The platform's error, with the path in front. */
export function dataCloneError(error: unknown, value: unknown, path: string): DOMException {
  const message = error instanceof Error ? error.message : String(error);
  return new DOMException(`${findUncloneable(value, path) ?? path}: ${message}`, 'DataCloneError');
}

function isCloneable(value: unknown): boolean {
  try {
    structuredClone(value);
    return true;
  } catch {
    return false;
  }
}

function step(parent: object, key: string): string {
  if (Array.isArray(parent)) return `[${key}]`;
  return /^[A-Za-z_$][\w$]*$/.test(key) ? `.${key}` : `[${JSON.stringify(key)}]`;
}

function read(parent: object, key: string): unknown {
  try {
    return (parent as Record<string, unknown>)[key];
  } catch {
    // A getter that throws: it is what can't be cloned.
    return () => {};
  }
}
