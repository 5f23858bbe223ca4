import { AsyncLocalStorage, AsyncResource } from 'node:async_hooks';
import { EventEmitter } from 'node:events';
import process from 'node:process';
import { types } from 'node:util';

type Group = readonly [name: string, object: object, keys: string];

const parentOf = (object: object): object => Object.getPrototypeOf(object) as object;
const iteratorOf = (iterable: Iterable<unknown>): object => parentOf(iterable[Symbol.iterator]());
/** From these all generators inherit. */
const generators = parentOf(function* () {}.prototype as object);
const asyncGenerators = parentOf(async function* () {}.prototype as object);

/** Objects, each with the names of its checked properties: separated by spaces, well-known symbols in brackets. */
const groups = (): readonly Group[] => [
  [
    'Array.prototype',
    Array.prototype,
    'push pop shift unshift splice slice map filter some every find findIndex at forEach concat indexOf includes flatMap join ' +
      'entries keys values fill reverse sort reduce toReversed toSorted [iterator]',
  ],
  ['Map.prototype', Map.prototype, 'get set has delete forEach entries keys values clear [iterator]'],
  ['Set.prototype', Set.prototype, 'has add delete forEach entries keys values clear [iterator]'],
  ['WeakMap.prototype', WeakMap.prototype, 'get set has delete'],
  ['WeakSet.prototype', WeakSet.prototype, 'has add delete'],
  ['Promise.prototype', Promise.prototype, 'then catch finally constructor'],
  [
    'Object.prototype',
    Object.prototype,
    'toString hasOwnProperty valueOf constructor then toJSON 0 [iterator] [asyncIterator]',
  ],
  ['Function.prototype', Function.prototype, 'call apply bind toString'],
  [
    'String.prototype',
    String.prototype,
    'replace split slice startsWith includes indexOf match trim [iterator]',
  ],
  ['RegExp.prototype', RegExp.prototype, 'test exec'],
  ['Error.prototype', Error.prototype, 'name message stack cause code toString'],
  ['EventTarget.prototype', EventTarget.prototype, 'addEventListener removeEventListener dispatchEvent'],
  ['EventEmitter.prototype', EventEmitter.prototype, 'emit on once off addListener removeListener'],
  ['AsyncLocalStorage.prototype', AsyncLocalStorage.prototype, 'run getStore enterWith'],
  ['AsyncResource.prototype', AsyncResource.prototype, 'runInAsyncScope'],
  ['the iterator of arrays', iteratorOf([]), 'next'],
  ['the iterator of maps', iteratorOf(new Map()), 'next'],
  ['the iterator of sets', iteratorOf(new Set()), 'next'],
  ['iterators', parentOf(generators), '[iterator]'],
  ['asynchronous iterators', parentOf(asyncGenerators), '[asyncIterator]'],
  ['generators', generators, 'next return throw'],
  ['asynchronous generators', asyncGenerators, 'next return throw'],
  ['AbortController.prototype', AbortController.prototype, 'abort'],
  ['Promise', Promise, 'resolve reject all race allSettled any [species]'],
  [
    'Object',
    Object,
    'entries keys values hasOwn setPrototypeOf getPrototypeOf getOwnPropertyDescriptor getOwnPropertyDescriptors ' +
      'getOwnPropertyNames defineProperty assign create freeze fromEntries is',
  ],
  ['Reflect', Reflect, 'apply get set has ownKeys construct defineProperty getPrototypeOf'],
  ['Array', Array, 'isArray from of [species]'],
  ['Number', Number, 'isInteger isFinite'],
  ['Math', Math, 'min max floor ceil round'],
  ['JSON', JSON, 'parse stringify'],
  ['Atomics', Atomics, 'load store add exchange compareExchange notify'],
  ['ArrayBuffer', ArrayBuffer, 'isView'],
  ['Date', Date, 'now'],
  ['performance', performance, 'now'],
  ['Buffer', Buffer, 'from alloc isBuffer concat copyBytesFrom'],
  [
    'util.types',
    types,
    'isProxy isMap isSet isNativeError isDate isRegExp isPromise isArrayBuffer isAnyArrayBuffer isSharedArrayBuffer ' +
      'isBoxedPrimitive isArgumentsObject isModuleNamespaceObject',
  ],
  ['process.stdout', process.stdout, 'write'],
  ['process.stderr', process.stderr, 'write'],
];

/** Properties that V8 can't treat as constants: checking them takes longer. */
const slowGroups = (): readonly Group[] => [
  ...[Array, ArrayBuffer, SharedArrayBuffer, Map, Set, Promise, Error, Buffer, DOMException, AbortSignal].map(
    (type): Group => [type.name, type, '[hasInstance]'],
  ),
  ['console', console, 'log info debug warn error'],
  ['process', process, 'nextTick stdout stderr'],
  ['globalThis', globalThis, 'ArrayBuffer'],
];

/** Globals that tasks use. */
const globals =
  'Array Atomics AbortController AbortSignal BigInt BigInt64Array BigUint64Array Boolean Buffer DOMException DataView Date Error ' +
  'Event EventTarget Float32Array Float64Array Function Int8Array Int16Array Int32Array JSON Map Math Number Object Promise Proxy RangeError Reflect RegExp Set SharedArrayBuffer String Symbol SyntaxError ' +
  'TextDecoder TextEncoder TypeError URL Uint8Array Uint8ClampedArray Uint16Array Uint32Array WeakMap WeakSet clearImmediate clearInterval clearTimeout console performance ' +
  'process queueMicrotask setImmediate setInterval setTimeout structuredClone';

export interface Builtin {
  readonly name: string;
  readonly object: Record<PropertyKey, unknown>;
  readonly key: PropertyKey;
  readonly isSlow: boolean;
}

/** The built-in functions and globals that tasks and the thread's own code depend on most. */
export function listBuiltins(): Builtin[] {
  const all: readonly Group[] = [...groups(), ['globalThis', globalThis, globals]];
  return [
    ...all.flatMap((group) => builtinsOf(group, false)),
    ...slowGroups().flatMap((group) => builtinsOf(group, true)),
  ];
}

function builtinsOf([name, object, keys]: Group, isSlow: boolean): Builtin[] {
  return keys.split(' ').map((word) => {
    if (!word.startsWith('[')) return { name: `${name}.${word}`, object: object as never, key: word, isSlow };
    const symbol = word.slice(1, -1) as 'iterator';
    return { name: `${name}[Symbol.${symbol}]`, object: object as never, key: Symbol[symbol], isSlow };
  });
}

/** Turns globals of Node that are getters, and slow to read, into data properties. Their values never change. */
export function dataProperties(): void {
  for (const name of globals.split(' ')) {
    const descriptor = Object.getOwnPropertyDescriptor(globalThis, name);
    if (descriptor?.get === undefined || !descriptor.configurable) continue;
    const value: unknown = Reflect.get(globalThis, name);
    Object.defineProperty(globalThis, name, { value, writable: true, enumerable: false, configurable: true });
  }
}
