import { InvalidOptionError, InvalidTaskError, PeerError } from '../errors.ts';
import { show } from '../options.ts';
import { eachWithin } from '../tasks/contents.ts';
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
  PeerError,
};

/** What a task threw, as something that can always be cloned. Never throws. */
export function encodeReason(reason: unknown): EncodedReason {
  const found: unknown[] = [];
  const places = new Map<unknown, number>();

  function encode(value: unknown): EncodedValue {
    if (!attempt(() => isError(value), false)) return { value: cloneable(value) };
    let place = places.get(value);
    if (place === undefined) {
      place = found.push(value) - 1;
      places.set(value, place);
    }
    return { error: place };
  }

  const encoded = encode(reason);
  const errors: EncodedError[] = [];
  // A list that grows while it is read: no chain of causes is too long for it.
  for (const error of found) errors.push(encodeError(error as Error, encode));
  return { errors, reason: encoded };
}

function encodeError(error: Error, encode: (value: unknown) => EncodedValue): EncodedError {
  const encoded: EncodedError = { ...describe(error), properties: [] };
  for (const [key, { value, enumerable = false }] of ownProperties(error)) {
    encoded.properties.push([key, key === 'errors' ? encodeList(value, encode) : encode(value), enumerable]);
  }
  const code = attempt(() => (error as { code?: unknown }).code, undefined);
  // An error class may have it as a getter; that of DOMException follows from the name.
  const isInherited = encoded.type !== 'DOMException' && !encoded.properties.some(([key]) => key === 'code');
  if (isInherited && (typeof code === 'string' || typeof code === 'number')) {
    encoded.properties.push(['code', { value: code }, false]);
  }
  return encoded;
}

function encodeList(value: unknown, encode: (value: unknown) => EncodedValue) {
  if (!attempt(() => Array.isArray(value), false)) return encode(value);
  const list: EncodedValue[] = [];
  eachWithin(value as unknown[], (element) => list.push(encode(element)));
  return { list };
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
    const known = classes[type.name];
    // Of another copy of the package: the class is not the same, but knows its instances.
    if (known === type || (known !== undefined && error instanceof (known as ErrorConstructor)))
      return type.name;
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
    return show(value);
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
