import { types } from 'node:util';
import { show } from '../../base/options.ts';
import { encode } from './value-codec.ts';
import { TooDeepError } from './value-scan.ts';

/** A path is cut after so many steps: each step clones all that lies below it. */
const maxSteps = 40;

/**
 * Which part of a value can't be cloned, as a path (`args[0].handler`): the deepest part that fails by itself.
 * Only called after cloning has failed, so its cost matters little. Never throws.
 */
export function findUncloneable(value: unknown, path: string): string | undefined {
  if (isCloneable(value)) return undefined;
  const seen = new Set<unknown>();
  let part = value;
  let at = path;
  for (let left = maxSteps; left > 0; left--) {
    seen.add(part);
    const next = partsOf(part).find(([, inner]) => !seen.has(inner) && !isCloneable(inner));
    if (next === undefined) return at;
    at += next[0];
    part = next[1];
  }
  return `${at}…`;
}

/** The platform's error, with the path in front. Never throws. */
export function dataCloneError(error: unknown, value: unknown, path: string): DOMException {
  const tooDeep = types.isNativeError(error) && error instanceof TooDeepError;
  const found = tooDeep ? undefined : findUncloneable(value, path);
  return new DOMException(`${found ?? path}: ${messageOf(error)}${hintFor(value)}`, 'DataCloneError');
}

/** An iterator stays where it is: what it would yield is computed in its own thread. */
function hintFor(value: unknown): string {
  const iterates = types.isGeneratorObject(value) || types.isMapIterator(value) || types.isSetIterator(value);
  if (!iterates) return '';
  return ' (an iterator can’t cross between threads: collect what it yields, and return an array)';
}

/** Of anything: it may be what a getter threw. */
function messageOf(error: unknown): string {
  try {
    const message: unknown = error instanceof Error ? error.message : error;
    return typeof message === 'string' ? message : show(message);
  } catch {
    return show(error);
  }
}

function isCloneable(value: unknown): boolean {
  if (typeof value === 'function' || typeof value === 'symbol') return false;
  if (typeof value !== 'object') return true;
  try {
    structuredClone(encode([value]));
    return true;
  } catch {
    return false;
  }
}

/** Steps into a value, and where they lead. */
function partsOf(value: unknown): [step: string, part: unknown][] {
  // A proxy can't be cloned, whatever is behind it.
  if (typeof value !== 'object' || value === null || types.isProxy(value)) return [];
  if (types.isMap(value)) {
    return [...Map.prototype.entries.call(value)].flatMap(([key, entry], index): [string, unknown][] => [
      [`<key ${index}>`, key],
      [`.get(${show(key)})`, entry],
    ]);
  }
  if (types.isSet(value)) {
    return [...Set.prototype.values.call(value)].map((element, index) => [`<element ${index}>`, element]);
  }
  return Object.keys(value).map((key) => [step(value, key), read(value, key)]);
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
