import fc from './fast-check.ts';

const trap = (): never => {
  throw new Error('trap');
};
const silent = new Proxy(
  {},
  { get: trap, getPrototypeOf: trap, ownKeys: trap, getOwnPropertyDescriptor: trap, has: trap },
);

function revoked(target: object = {}): object {
  const { proxy, revoke } = Proxy.revocable(target, {});
  revoke();
  return proxy;
}

/** Nested so deeply that cloning it, or walking it by recursion, exceeds the stack. */
export function deep(innermost: unknown = null, levels = 20_000): unknown {
  let value = innermost;
  for (let left = levels; left > 0; left--) value = left % 2 === 0 ? [value] : { value };
  return value;
}

function trapped<T extends object>(object: T, ...keys: PropertyKey[]): T {
  for (const key of keys) Object.defineProperty(object, key, { get: trap, enumerable: true });
  return object;
}

/** Values that resist being looked at, each made anew. */
const makers: readonly Make[] = [
  () => revoked(),
  () => revoked([]),
  () => revoked(new Error('x')),
  () => revoked(() => {}),
  () => silent,
  () => new Proxy([], { get: (_, key) => (key === 'length' ? 2 ** 53 - 1 : undefined) }),
  () => new Proxy(new Map([[1, 1]]), {}),
  () => Object.create(silent) as unknown,
  () => Object.create(null) as unknown,
  () => Object.create(Map.prototype) as unknown,
  () => new Map([[Object.create(null), () => {}]]),
  () => new Map([[revoked(), revoked()]]),
  () => new Set([revoked(), Symbol('x')]),
  () => Object.assign([], { [Symbol.iterator]: trap, map: trap, length: 3e8 }),
  () => Object.assign(new Map([[1, 1]]), { [Symbol.iterator]: trap, forEach: trap }),
  () => Object.assign(new Set([1]), { [Symbol.iterator]: trap, forEach: trap }),
  () => trapped([1, 2], 0),
  () => trapped({}, 'a', 'constructor', Symbol.toStringTag, Symbol.toPrimitive),
  () => trapped(new Uint8Array(100).subarray(1, 2), 'buffer', 'byteLength', 'constructor'),
  () => trapped(Buffer.from('x'), 'byteOffset', 'constructor'),
  () => trapped(new Error('x'), 'stack', 'name', 'code', 'cause', 'errors', 'constructor'),
  () => Object.assign(new Error('x'), { errors: revoked([]), cause: silent, code: revoked() }),
  () =>
    Object.assign(new Error('x'), {
      errors: Object.assign([], { length: 3e8 }),
      message: Object.create(null) as unknown,
    }),
  () => Object.assign(new Error('x'), { errors: Object.assign([1], { map: trap, constructor: trap }) }),
  () => new DataView(new ArrayBuffer(100), 3, 4),
  () => structuredClone(new ArrayBuffer(8)),
  () => Object('x'.repeat(100)) as unknown,
  () => deep(),
  () => Symbol('x'),
  () => trap,
  () => new WeakMap(),
  () => Promise.resolve(),
];

type Make = () => unknown;

/**
 * Makes hostile values, by themselves and within arrays, objects, maps, sets and errors. (Functions that make them: fast-check
 * looks at what it generates.)
 */
export const hostile: fc.Arbitrary<Make> = fc.letrec<{ make: Make }>((tie) => {
  const some = fc.array(tie('make'), { maxLength: 3 });
  return {
    make: fc.oneof(
      { maxDepth: 3 },
      fc.constantFrom(...makers),
      fc.anything({ withMap: true, withSet: true, withTypedArray: true }).map((value) => () => value),
      some.map((list) => () => list.map((make) => make())),
      fc
        .dictionary(fc.string(), tie('make'), { maxKeys: 3 })
        .map((all) => () => Object.fromEntries(Object.entries(all).map(([key, make]) => [key, make()]))),
      some.map((list) => () => new Map(list.map((make) => [make(), make()]))),
      some.map((list) => () => new Set(list.map((make) => make()))),
      some.map((list) => () => new AggregateError(list.map((make) => make()))),
      tie('make').map((make) => () => new Error('x', { cause: make() })),
    ),
  };
}).make;
