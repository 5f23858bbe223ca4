import { types } from 'node:util';
import { show } from '../../base/options.ts';
import { legible } from '../../base/printable.ts';
import { isAsyncIterable } from '../../tasks/sources.ts';
import { encode } from './value-codec.ts';
import { TooDeepError } from './value-scan.ts';

/** Most steps of a path: each step clones everything below it. */
const maxSteps = 40;

/**
 * The path (`args[0].handler`) of the part of a value that can't be cloned: the deepest part that fails by itself. Called
 * only after cloning has failed, so its cost matters little. Never throws.
 */
export function findUncloneable(value: unknown, path: string): string | undefined {
  return find(value, path)?.path;
}

/** @returns the path, and whether it leads to a source of items, which is not searched. */
function find(
  value: unknown,
  path: string,
): { readonly path: string; readonly isSource: boolean } | undefined {
  if (isCloneable(value)) return undefined;
  const seen = new Set<unknown>();
  let part = value;
  let at = path;
  for (let left = maxSteps; left > 0; left--) {
    seen.add(part);
    const isSource = typeof part === 'object' && part !== null && isAsyncIterable(part);
    if (isSource) return { path: at, isSource };
    const next = partsOf(part).find(([, inner]) => !seen.has(inner) && !isCloneable(inner));
    if (next === undefined) return { path: at, isSource: false };
    at += next[0];
    part = next[1];
  }
  return { path: `${at}…`, isSource: false };
}

/** The platform's `DataCloneError`, with the path in front of its message. Never throws. */
export function dataCloneError(error: unknown, value: unknown, path: string): DOMException {
  const tooDeep = types.isNativeError(error) && error instanceof TooDeepError;
  const found = tooDeep ? undefined : find(value, path);
  const hint = found?.isSource === true ? sourceHint : hintFor(value);
  return new DOMException(legible(`${found?.path ?? path}: ${messageOf(error)}${hint}`), 'DataCloneError');
}

const sourceHint = ' (a task reads an async iterable only where it is an argument by itself)';

/** An iterator stays where it is: what it would yield is computed in its own thread. */
function hintFor(value: unknown): string {
  const iterates = types.isGeneratorObject(value) || types.isMapIterator(value) || types.isSetIterator(value);
  if (!iterates) return '';
  return ' (an iterator can’t cross between threads: collect what it yields, and return an array)';
}

/** The message of any thrown value: a getter may have thrown it. */
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

/** The steps into a value, and the part that each leads to. */
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
    // A getter that throws is the part that can't be cloned.
    return () => {};
  }
}
