import { InvalidOptionError, InvalidTaskError } from '../errors.ts';
import { show } from '../options.ts';
import { checkDepth } from './buffers.ts';

/**
 * Errors across threads. The platform's cloning keeps only the message and stack of built-in classes, and fails on
 * whatever else hangs on them; here an error keeps its class if it is a built-in one (else its nearest built-in
 * ancestor's), its name, message, stack, cause, `errors` and own properties, cycles included.
 */
export interface EncodedReason {
  /** Every error that can be reached, once. */
  readonly errors: EncodedError[];
  readonly reason: EncodedValue;
}

/** An error, by its place in the table; or a value that the platform can clone. */
type EncodedValue = { readonly error: number } | { readonly value: unknown };

interface EncodedError {
  readonly type: string;
  readonly name: string;
  readonly message: string;
  readonly stack: string | undefined;
  /** Own properties, `cause` and `errors` included; key, value, whether it is enumerable. */
  readonly properties: [
    key: string,
    value: EncodedValue | { readonly list: EncodedValue[] },
    enumerable: boolean,
  ][];
}

/** Classes that survive the way; an error of any other class arrives as its nearest ancestor among these. */
const classes: Record<string, { readonly prototype: Error }> = {
  Error,
  AggregateError,
  EvalError,
  RangeError,
  ReferenceError,
  SyntaxError,
  TypeError,
  URIError,
  InvalidOptionError,
  InvalidTaskError,
};

/** What a task threw, as something that can always be cloned. Never throws. */
export function encodeReason(reason: unknown): EncodedReason {
  const errors: EncodedError[] = [];
  const places = new Map<unknown, number>();

  function encode(value: unknown): EncodedValue {
    if (!attempt(() => isError(value), false)) return { value: cloneable(value) };
    let place = places.get(value);
    if (place === undefined) {
      place = errors.length;
      places.set(value, place);
      const encoded: EncodedError = { ...describe(value as Error), properties: [] };
      errors.push(encoded);
      for (const [key, { value: property, enumerable = false }] of ownProperties(value as Error)) {
        const list = key === 'errors' && Array.isArray(property) ? { list: property.map(encode) } : undefined;
        encoded.properties.push([key, list ?? encode(property), enumerable]);
      }
    }
    return { error: place };
  }

  return { errors, reason: encode(reason) };
}

export function decodeReason({ errors, reason }: EncodedReason): unknown {
  const decoded = errors.map(create);
  const valueOf = (encoded: EncodedValue) => ('error' in encoded ? decoded[encoded.error] : encoded.value);
  for (const [index, { properties }] of errors.entries()) {
    for (const [key, encoded, enumerable] of properties) {
      const value = 'list' in encoded ? encoded.list.map(valueOf) : valueOf(encoded);
      define(decoded[index] as Error, key, value, enumerable);
    }
  }
  return valueOf(reason);
}

function isError(value: unknown): value is Error {
  return value instanceof Error || Object.prototype.toString.call(value) === '[object Error]';
}

/** Getters and hostile objects must not turn a failure into another one. */
function attempt<T>(read: () => T, otherwise: T): T {
  try {
    return read();
  } catch {
    return otherwise;
  }
}

/** Somebody may have put anything there. */
const text = (value: unknown): string => String(value);

function describe(error: Error): Omit<EncodedError, 'properties'> {
  return {
    type: attempt(() => nearestBuiltIn(error), 'Error'),
    name: attempt(() => text(error.name), 'Error'),
    message: attempt(() => text(error.message), ''),
    stack: attempt(() => (error.stack === undefined ? undefined : text(error.stack)), undefined),
  };
}

function nearestBuiltIn(error: Error): string {
  if (error instanceof DOMException) return 'DOMException';
  for (
    let type: unknown = error.constructor;
    typeof type === 'function';
    type = Object.getPrototypeOf(type)
  ) {
    if (classes[type.name] === type) return type.name;
  }
  return 'Error';
}

function ownProperties(error: Error): [string, PropertyDescriptor][] {
  const described = new Set(['name', 'message', 'stack']);
  const all: Record<string, PropertyDescriptor> = attempt(
    () => Object.getOwnPropertyDescriptors(error),
    {} as never,
  );
  return Object.entries(all).filter(([key, descriptor]) => !described.has(key) && 'value' in descriptor);
}

function cloneable(value: unknown): unknown {
  if (typeof value !== 'object' && typeof value !== 'function' && typeof value !== 'symbol') return value;
  try {
    checkDepth(value);
    return structuredClone(value);
  } catch {
    return attempt(() => show(value), 'a value that can’t be shown');
  }
}

function create({ type, name, message, stack }: EncodedError): Error {
  const error = type === 'DOMException' ? new DOMException(message, name) : new Error(message);
  if (type !== 'DOMException') Object.setPrototypeOf(error, (classes[type] ?? Error).prototype);
  if (error.name !== name) define(error, 'name', name, false);
  define(error, 'stack', stack, false);
  return error;
}

function define(error: Error, key: string, value: unknown, enumerable: boolean): void {
  Object.defineProperty(error, key, { value, enumerable, writable: true, configurable: true });
}
