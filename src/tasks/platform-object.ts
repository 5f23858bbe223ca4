import { types } from 'node:util';

/** Is it of a class that the platform provides, or of one derived from such a class? */
export const isPlatformObject = (object: object): boolean => judged(object) !== 'user';

/**
 * Would an object of the platform arrive as an empty one, without a word? Its state is hidden from cloning (that of a `URL`
 * on Node 20, of an `AbortSignal` on all versions).
 */
export const losesItsState = (object: object): boolean => judged(object) === 'lost';

/** Plain objects to cloning, with nothing in them. */
export const isNamespace = (object: object): boolean => namespaces.has(object);

const namespaces = new Set<object>([Atomics, Intl, JSON, Math, Reflect]);

/** Prototypes of objects that cloning has made plain ones of. */
const ordinary = new WeakSet<object>();

/**
 * Does cloning take no more of it than its properties? Else a copy of those would hide that it can't be cloned (the `arguments` of
 * a function, a module, what V8 makes), or that it can (a `KeyObject`).
 */
export function isOrdinary(object: object): boolean {
  if (types.isArgumentsObject(object) || types.isModuleNamespaceObject(object)) return false;
  const prototype = Object.getPrototypeOf(object) as object | null;
  if (prototype === null || prototype === Object.prototype || ordinary.has(prototype)) return true;
  const properties: PropertyDescriptor[] = Object.values(Object.getOwnPropertyDescriptors(object));
  // They are to be called once, and not for this.
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

/** By prototype: what holds for one object of a class holds for all. */
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
  }
  return 'user';
}

/** Node says it by doing it; each version clones more classes than the one before. What it refuses, it refuses by itself. */
function survives(object: object, type: object): boolean {
  try {
    const clone: unknown = structuredClone(object);
    // A File arrives as the Blob that it is, too, without its name.
    return clone instanceof (type.constructor as new () => unknown);
  } catch {
    return true;
  }
}

/** A built-in global is not enumerable; what programs define there is. */
function isGlobal(prototype: object): boolean {
  const type = constructorOf(prototype);
  if (type === undefined) return false;
  const global = Object.getOwnPropertyDescriptor(globalThis, type.name);
  return global?.enumerable === false && Reflect.get(globalThis, type.name) === type;
}

/** Classes of Node's modules that hide their state from cloning, and are no globals. */
const modules: Record<string, string> = {
  AsyncLocalStorage: 'async_hooks',
  AsyncResource: 'async_hooks',
  Channel: 'diagnostics_channel',
  DiffieHellman: 'crypto',
  DiffieHellmanGroup: 'crypto',
  Dir: 'fs',
  ECDH: 'crypto',
  MIMEParams: 'util',
  MIMEType: 'util',
  Script: 'vm',
  Stream: 'stream',
  StringDecoder: 'string_decoder',
};

/** A module is loaded only for a class that has the name of one of its own. */
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

/** What all iterators inherit from, those of `Headers` and their like among them. */
const iterators = new Set<object>([
  Object.getPrototypeOf(Object.getPrototypeOf([][Symbol.iterator]())),
  Object.getPrototypeOf(Object.getPrototypeOf(Object.getPrototypeOf((async function* () {})()))),
]);
