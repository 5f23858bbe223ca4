import { types } from 'node:util';
import { MessagePort } from 'node:worker_threads';
import { isOfStaying } from '../base/stays.ts';

/** Does the object's class belong to the platform, or do its instances stay in their thread, or does it extend such a class? */
export const isPlatformObject = (object: object): boolean => judged(object) !== 'user';

/**
 * Would such an object arrive silently as an empty object? Cloning can't see its state (that of a `URL` on Node 20, of an `AbortSignal`
 * on all versions, of a `Future`). Or would cloning it end the process?
 */
export const losesItsState = (object: object): boolean => judged(object) === 'lost' || isClosedPort(object);

/**
 * Node ends the process (a segmentation fault) when it clones a port that is closed or has moved, unless it is in the transfer list.
 * Moving an open port twice fails before it moves.
 */
function isClosedPort(object: object): boolean {
  if (!(object instanceof MessagePort)) return false;
  try {
    structuredClone(undefined, { transfer: [object, object] });
    return false;
  } catch (error) {
    return /detached/.test(String(error));
  }
}

/** Is the object a namespace such as `Math`, which cloning copies as an empty object? */
export const isNamespace = (object: object): boolean => namespaces.has(object);

const namespaces = new Set<object>([Atomics, Intl, JSON, Math, Reflect]);

/** Prototypes of objects that cloning is known to copy as plain objects. */
const ordinary = new WeakSet<object>();

/**
 * Does cloning copy only the object's properties? If not, a copy of the properties would hide that the object can't be cloned (a
 * function's `arguments`, a module, V8's own objects), or that it can (a `KeyObject`).
 */
export function isOrdinary(object: object): boolean {
  if (types.isArgumentsObject(object) || types.isModuleNamespaceObject(object)) return false;
  const prototype = Object.getPrototypeOf(object) as object | null;
  if (prototype === null || prototype === Object.prototype || ordinary.has(prototype)) return true;
  const properties: PropertyDescriptor[] = Object.values(Object.getOwnPropertyDescriptors(object));
  // A getter must be called only once, and not for this test.
  if (properties.some((property) => property.get !== undefined)) return true;
  try {
    if (Object.getPrototypeOf(structuredClone(object)) !== Object.prototype) return false;
    ordinary.add(prototype);
    return true;
  } catch {
    return false;
  }
}

type Verdict = 'user' | 'cloned' | 'lost';

/** Verdicts by prototype: a verdict on one object of a class holds for all. */
const verdicts = new WeakMap<object, Verdict>();

function judged(object: object): Verdict {
  const prototype = Object.getPrototypeOf(object) as object | null;
  if (prototype === null || prototype === Object.prototype) return 'user';
  let verdict = verdicts.get(prototype);
  if (verdict === undefined) {
    verdict = judge(object, prototype);
    verdicts.set(prototype, verdict);
  }
  return verdict;
}

function judge(object: object, nearest: object): Verdict {
  for (
    let at: object | null = nearest;
    at !== null && at !== Object.prototype;
    at = Object.getPrototypeOf(at)
  ) {
    if (iterators.has(at) || isOfModule(at)) return 'lost';
    if (isGlobal(at)) return survives(object, at) ? 'cloned' : 'lost';
    // An async iterable crosses as an argument by itself, from which the task reads; its data alone would be something else.
    if (isOfStaying(at) || Object.hasOwn(at, Symbol.asyncIterator)) return 'lost';
  }
  return 'user';
}

/** Tries it: each version of Node clones more classes than the one before. If cloning throws, sending will throw too: nothing is lost. */
function survives(object: object, type: object): boolean {
  // An open one throws, a closed one must not be tried.
  if (object instanceof MessagePort) return true;
  try {
    const clone: unknown = structuredClone(object);
    // A File, for example, arrives as a Blob without its name.
    return clone instanceof (type.constructor as new () => unknown);
  } catch {
    return true;
  }
}

/** A built-in global is not enumerable; a global that a program defines is. */
function isGlobal(prototype: object): boolean {
  const type = constructorOf(prototype);
  if (type === undefined) return false;
  const global = Object.getOwnPropertyDescriptor(globalThis, type.name);
  return global?.enumerable === false && Reflect.get(globalThis, type.name) === type;
}

/** Classes of Node's modules that hide their state from cloning and are not globals. */
const modules: Record<string, string> = {
  AsyncLocalStorage: 'async_hooks',
  AsyncResource: 'async_hooks',
  Channel: 'diagnostics_channel',
  DiffieHellman: 'crypto',
  DiffieHellmanGroup: 'crypto',
  Dir: 'fs',
  Dirent: 'fs',
  ECDH: 'crypto',
  GCProfiler: 'v8',
  MIMEParams: 'util',
  MIMEType: 'util',
  Script: 'vm',
  Server: 'net',
  Session: 'inspector',
  Socket: 'dgram',
  StatementSync: 'node:sqlite',
  Stream: 'stream',
  StringDecoder: 'string_decoder',
};

/** Is this the prototype of one of those classes? It loads a module only if the class has such a name. */
function isOfModule(prototype: object): boolean {
  const type = constructorOf(prototype);
  if (type === undefined || !Object.hasOwn(modules, type.name)) return false;
  const module = process.getBuiltinModule(modules[type.name] as string) as
    | Record<string, unknown>
    | undefined;
  return module?.[type.name] === type;
}

function constructorOf(prototype: object): { readonly name: string } | undefined {
  const type: unknown = Object.getOwnPropertyDescriptor(prototype, 'constructor')?.value;
  return typeof type === 'function' && typeof type.name === 'string' ? type : undefined;
}

/** The prototypes from which all iterators inherit, also those of `Headers` and the like. */
const iterators = new Set<object>([
  Object.getPrototypeOf(Object.getPrototypeOf([][Symbol.iterator]())),
  Object.getPrototypeOf(Object.getPrototypeOf(Object.getPrototypeOf((async function* () {})()))),
]);
