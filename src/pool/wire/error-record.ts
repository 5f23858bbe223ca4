import * as own from '../../base/errors.ts';
import { ownKeysOf } from '../../tasks/contents.ts';

/** An error in a form that can be cloned. */
export interface ErrorRecord {
  readonly type: string;
  readonly name: string;
  readonly message: string;
  readonly stack: string | undefined;
  /** Own properties, `cause` and `errors` included. */
  readonly properties: Record<string, unknown>;
  /** Names of the properties that are not enumerable. */
  readonly hidden: string[];
  /** Which of `name`, `message` and `stack` are its own, and enumerable. */
  readonly shown?: readonly Described[] | undefined;
}

type Described = 'name' | 'message' | 'stack';

interface ErrorClass {
  readonly prototype: Error;
}

/** Globals that some versions of Node, and its types, lack. */
interface LaterErrors {
  readonly QuotaExceededError?: typeof DOMException;
  readonly SuppressedError?: ErrorClass;
  readonly WebAssembly?: Record<'CompileError' | 'LinkError' | 'RuntimeError', ErrorClass>;
}
const { QuotaExceededError, SuppressedError, WebAssembly } = globalThis as LaterErrors;

/** Classes that cross as themselves; an error of any other class arrives as its nearest ancestor among these. */
const classes: Record<string, ErrorClass | undefined> = {
  Error,
  AggregateError,
  EvalError,
  RangeError,
  ReferenceError,
  SyntaxError,
  TypeError,
  URIError,
  SuppressedError,
  CompileError: WebAssembly?.CompileError,
  LinkError: WebAssembly?.LinkError,
  RuntimeError: WebAssembly?.RuntimeError,
  ...own,
};

/** Never throws: getters and hostile objects must not turn a failure into another one. */
export function attempt<T>(read: () => T, otherwise: T): T {
  try {
    return read();
  } catch {
    return otherwise;
  }
}

/** The property may hold any value. */
const text = (value: unknown): string => String(value);

/** Describes an error without its own properties. Never throws. */
export function describeError(error: Error): ErrorRecord {
  return {
    type: attempt(() => nearestBuiltIn(error), 'Error'),
    name: attempt(() => text(error.name), 'Error'),
    message: attempt(() => text(error.message), ''),
    stack: attempt(() => (error.stack === undefined ? undefined : text(error.stack)), undefined),
    properties: {},
    hidden: [],
    shown: attempt(() => enumerableOf(error), undefined),
  };
}

/** A class that declares its `name` as a field makes it enumerable: `{ ...error }` and `JSON.stringify(error)` have it. */
function enumerableOf(error: Error): Described[] | undefined {
  const shown = (['name', 'message', 'stack'] as const).filter(
    (key) => Object.getOwnPropertyDescriptor(error, key)?.enumerable === true,
  );
  return shown.length === 0 ? undefined : shown;
}

function nearestBuiltIn(error: Error): string {
  if (QuotaExceededError !== undefined && error instanceof QuotaExceededError) return 'QuotaExceededError';
  if (error instanceof DOMException) return 'DOMException';
  for (let at = error as object | null; at !== null; at = Object.getPrototypeOf(at) as object | null) {
    const type: unknown = Object.getOwnPropertyDescriptor(at, 'constructor')?.value;
    if (typeof type !== 'function') continue;
    const known = classes[type.name];
    // The error may be of another copy of the package: that class is a different one, but `instanceof` knows its instances.
    if (known !== undefined && (known.prototype === at || error instanceof (known as ErrorConstructor)))
      return type.name;
  }
  // The error is of another realm.
  return classes[error.name] === undefined ? 'Error' : error.name;
}

/**
 * Calls back with each own property of an error (system errors of Node have some as getters), and with the getters of its
 * class. Never throws.
 */
export function eachProperty(
  error: Error,
  { type }: ErrorRecord,
  visit: (key: string, value: unknown, enumerable: boolean, isGetter: boolean) => void,
): void {
  const keys = attempt(() => ownKeysOf(error), []);
  for (const key of keys) {
    const descriptor = attempt(() => Object.getOwnPropertyDescriptor(error, key), undefined);
    if (descriptor === undefined) continue;
    const isGetter = descriptor.get !== undefined;
    const value: unknown = isGetter
      ? attempt(() => Reflect.get(error, key), 'a getter that throws')
      : descriptor.value;
    visit(key, value, descriptor.enumerable ?? false, isGetter);
  }
  for (const key of inherited(type)) {
    if (keys.includes(key)) continue;
    const value = attempt(() => (error as unknown as Record<string, unknown>)[key], undefined);
    const isPrimitive = typeof value === 'string' || typeof value === 'number';
    if (isPrimitive) visit(key, value, false, true);
  }
}

/** The code of a DOMException follows from its name. */
function inherited(type: string): string[] {
  if (type === 'QuotaExceededError') return ['quota', 'requested'];
  return type === 'DOMException' ? [] : ['code'];
}

/** Makes the error without its own properties. Captures no stack: the record has the original one. */
export function createError(record: ErrorRecord): Error {
  const { type, name, message, stack, shown } = record;
  const { stackTraceLimit } = Error;
  Error.stackTraceLimit = 0;
  const error = newError(type, name, message);
  Error.stackTraceLimit = stackTraceLimit;
  if (error.name !== name) define(error, 'name', name, false);
  define(error, 'stack', stack, false);
  if (shown !== undefined) for (const key of shown) define(error, key, record[key]);
  return error;
}

function newError(type: string, name: string, message: string): Error {
  if (type === 'QuotaExceededError' && QuotaExceededError !== undefined)
    return new QuotaExceededError(message);
  if (type === 'DOMException') return new DOMException(message, name);
  return Object.setPrototypeOf(new Error(message), (classes[type] ?? Error).prototype) as Error;
}

export function define(target: object, key: string | number, value: unknown, enumerable = true): void {
  Object.defineProperty(target, key, { value, enumerable, writable: true, configurable: true });
}
