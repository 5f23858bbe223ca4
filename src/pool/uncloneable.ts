import { TooDeepError } from './buffers.ts';

/** Each level is cloned anew: the search goes no deeper, and names the part that it has come to. */
const maxDepth = 64;

/**
 * Which part of a value can't be cloned, as a path (`args[0].handler`): the deepest part that fails by itself.
 * Only called after cloning has failed, so its cost does not matter.
 */
export function findUncloneable(value: unknown, path: string): string | undefined {
  const seen = new Set<unknown>();

  function search(part: unknown, at: string, depth: number): string | undefined {
    if (seen.has(part) || isCloneable(part)) return undefined;
    seen.add(part);
    if (typeof part !== 'object' || part === null || depth === maxDepth) return at;
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
      const found = search(entry, at + name, depth + 1);
      if (found !== undefined) return found;
    }
    return at;
  }

  return search(value, path, 0);
}

/** The platform's error, with the path in front. */
export function dataCloneError(error: unknown, value: unknown, path: string): DOMException {
  const found = error instanceof TooDeepError ? undefined : attempt(() => findUncloneable(value, path));
  const message = attempt(() => (error instanceof Error ? error.message : String(error)));
  const hint = attempt(() => hintFor(value));
  return new DOMException(`${found ?? path}: ${message ?? ''}${hint ?? ''}`, 'DataCloneError');
}

/** An iterator stays where it is: what it would yield is computed in its own thread. */
function hintFor(value: unknown): string {
  const name = Object.prototype.toString.call(value);
  if (!/ (Async)?Generator\]$| Iterator\]$/.test(name)) return '';
  return ' (an iterator can’t cross between threads: collect what it yields, and return an array)';
}

/** Undefined if a hostile object throws. */
function attempt<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch {
    return undefined;
  }
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
