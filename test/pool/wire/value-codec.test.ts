import fc from '../../support/fast-check.ts';
import { runInNewContext } from 'node:vm';
import { describe, expect, test } from 'vitest';
import { decode, encode } from '../../../src/pool/wire/value-codec.ts';
import { deep, hostile } from '../../support/hostile.ts';

/** Through the codec and through cloning, as between two threads. */
const cross = <T>(value: T): T => decode(structuredClone(encode([value])))[0] as T;

const buffer = (text = 'bytes') => Buffer.from(text);
/** What a Buffer contains; undefined for anything else. */
const textOf = (value: unknown) => (Buffer.isBuffer(value) ? value.toString() : undefined);

describe('a Buffer stays one', () => {
  test.each<[string, (bytes: Buffer) => unknown, (value: never) => unknown]>([
    ['by itself', (bytes) => bytes, (value: Buffer) => value],
    ['in an object', (bytes) => ({ a: [{ b: bytes }] }), (value: { a: { b: Buffer }[] }) => value.a[0]?.b],
    ['as a value of a Map', (bytes) => new Map([[1, bytes]]), (value: Map<1, Buffer>) => value.get(1)],
    ['as a key of a Map', (bytes) => new Map([[bytes, 1]]), (value: Map<Buffer, 1>) => [...value.keys()][0]],
    ['in a Set', (bytes) => new Set([bytes]), (value: Set<Buffer>) => [...value][0]],
    [
      'in a Set of Maps of arrays',
      (bytes) => [new Set([new Map([[[bytes], 1]])])],
      ([set]: [Set<Map<[Buffer], 1>>]) => [...([...set][0]?.keys() ?? [])][0]?.[0],
    ],
    [
      'behind a getter',
      (bytes) => ({
        get a() {
          return bytes;
        },
      }),
      (value: { a: Buffer }) => value.a,
    ],
    ['on an array', (bytes) => Object.assign([1], { bytes }), (value: { bytes: Buffer }) => value.bytes],
    [
      'on a long array',
      (bytes) => Object.assign(Array(1000).fill(0), { bytes }),
      (value: { bytes: Buffer }) => value.bytes,
    ],
    [
      'on an error',
      (bytes) => Object.assign(new Error('x'), { bytes }),
      (value: { bytes: Buffer }) => value.bytes,
    ],
    [
      'in a Map on the cause of an error in a Map',
      (bytes) =>
        new Map([
          [1, new Error('x', { cause: Object.assign(new Error('y'), { map: new Map([[1, bytes]]) }) })],
        ]),
      (value: Map<1, { cause: { map: Map<1, Buffer> } }>) => value.get(1)?.cause.map.get(1),
    ],
    ['under the key __proto__', (bytes) => ({ ['__proto__']: bytes }), (value) => Object.values(value)[0]],
    [
      'without a prototype around it',
      (bytes) => Object.assign(Object.create(null), { bytes }),
      (value: { bytes: Buffer }) => value.bytes,
    ],
    [
      'far out in a sparse array',
      (bytes) => Object.assign([1], { 300_000_000: bytes }),
      (value: Buffer[]) => value[300_000_000],
    ],
  ])('%s', (_, make, find) => {
    expect(textOf(find(cross(make(buffer())) as never))).toBe('bytes');
  });

  test('and is no Uint8Array, and the other way round', () => {
    expect(
      Buffer.isBuffer(
        cross(new Set([new Uint8Array(3)]))
          .values()
          .next().value,
      ),
    ).toBe(false);
  });

  test('and the part of a larger memory that it is', () => {
    expect(textOf(cross({ part: Buffer.from('0123456789').subarray(2, 5) }).part)).toBe('234');
  });

  test('and the same one, wherever it is there again', () => {
    const one = buffer();
    const [first, { second }, third] = cross([one, { second: one }, new Set([one])] as const);
    expect(second).toBe(first);
    expect(third.has(first)).toBe(true);
  });

  test('and harms nothing where cloning drops it', () => {
    const drops = [new Map(), new Date(), /x/, new ArrayBuffer(1), Object('x') as object, new Uint8Array(1)];
    for (const object of drops)
      expect(cross(Object.assign(object, { body: buffer() }))).not.toHaveProperty('body');
  });
});

describe('an error that is a value', () => {
  test('keeps what a thrown one does', () => {
    class PaymentError extends RangeError {
      override readonly name = 'PaymentError';
      readonly code = 'E_PAYMENT';
    }
    const given = new PaymentError('no funds', { cause: new TypeError('inner') });
    const { reason } = cross({ status: 'rejected', reason: given });
    expect(reason).toBeInstanceOf(RangeError);
    expect(reason).toMatchObject({
      name: 'PaymentError',
      message: 'no funds',
      code: 'E_PAYMENT',
      stack: given.stack,
    });
    expect(reason.cause).toBeInstanceOf(TypeError);
  });

  test.each<[string, (error: Error) => unknown, (value: never) => unknown]>([
    ['by itself', (error) => error, (value) => value],
    ['in an array', (error) => [[error]], ([[error]]: [[Error]]) => error],
    ['as a value of a Map', (error) => new Map([[1, error]]), (value: Map<1, Error>) => value.get(1)],
    ['as a key of a Map', (error) => new Map([[error, 1]]), (value: Map<Error, 1>) => [...value.keys()][0]],
    ['in a Set', (error) => new Set([1, error, 2]), (value: Set<Error>) => [...value][1]],
    [
      'behind a getter',
      (error) => ({
        get a() {
          return error;
        },
      }),
      (value: { a: Error }) => value.a,
    ],
    [
      'in a list on another error',
      (error) => Object.assign(new Error('x'), { all: [error] }),
      (value: { all: [Error] }) => value.all[0],
    ],
    [
      'in an AggregateError',
      (error) => [new AggregateError([error])],
      ([value]: [AggregateError]) => value.errors[0] as Error,
    ],
    ['under the key __proto__', (error) => ({ ['__proto__']: error }), (value) => Object.values(value)[0]],
  ])('does so %s', (_, make, find) => {
    const found = find(cross(make(Object.assign(new TypeError('x'), { code: 'E' }))) as never);
    expect(found).toBeInstanceOf(TypeError);
    expect(found).toMatchObject({ message: 'x', code: 'E' });
  });

  test.each(['AbortError', 'TimeoutError'])('and is a DOMException named %s is one', (name) => {
    const [crossed] = cross([Object.assign(new DOMException('stop', name), { detail: 1 })]);
    expect(crossed).toBeInstanceOf(DOMException);
    expect(crossed).toMatchObject({
      name,
      message: 'stop',
      code: new DOMException('', name).code,
      detail: 1,
    });
  });

  test('and comes from another realm is one', () => {
    const [crossed] = cross([runInNewContext('Object.assign(new RangeError("x"), { code: "E" })') as Error]);
    expect(crossed).toBeInstanceOf(RangeError);
    expect(crossed).toMatchObject({ message: 'x', code: 'E' });
  });

  test('and what it hangs on stay the same objects', () => {
    const error = Object.assign(new Error('x'), { within: {} });
    const value = { error, list: [error], map: new Map<unknown, unknown>([[error, 1]]) };
    error.within = value;
    value.map.set('self', value.map);
    const crossed = cross(value);
    expect(crossed.error.within).toBe(crossed);
    expect(crossed.list[0]).toBe(crossed.error);
    expect(crossed.map.get(crossed.error)).toBe(1);
    expect(crossed.map.get('self')).toBe(crossed.map);
  });

  test('leaves what can’t be cloned of it behind, with a description', () => {
    const [crossed] = cross([
      Object.assign(new Error('x'), { handler: () => {}, url: new URL('http://a/'), code: 'E' }),
    ]);
    expect(crossed).toMatchObject({
      code: 'E',
      handler: expect.any(String) as string,
      url: expect.any(String) as string,
    });
  });

  test('leaves its surroundings as they are', () => {
    const sparse: unknown[] = [new Error('x')];
    sparse[2] = 2;
    sparse.length = 5;
    const value = { sparse, date: new Date(0), view: new Uint8Array([1, 2]), set: new Set([{ a: 1 }]) };
    const crossed = cross(value);
    expect(crossed).toStrictEqual(value);
    expect(Object.keys(crossed.sparse)).toEqual(['0', '2']);
    expect(Object.keys(crossed)).toEqual(Object.keys(value));
  });

  test('does not hide what can’t be cloned beside it', () => {
    const args = (function () {
      // oxlint-disable-next-line prefer-rest-params
      return arguments;
    })();
    for (const bad of [() => {}, Promise.resolve(), new Proxy({}, {}), args])
      expect(() => cross([new Error('x'), bad])).toThrow(/could not be cloned/);
  });
});

describe('more than 1,000 levels are refused:', () => {
  const nest = (around: (value: unknown) => unknown, levels: number) => {
    let value: unknown = 1;
    for (let left = levels; left > 0; left--) value = around(value);
    return value;
  };
  test.each<[string, (value: unknown) => unknown]>([
    ['arrays', (value) => [value]],
    ['objects', (value) => ({ value })],
    ['values of a Map', (value) => new Map([[1, value]])],
    ['keys of a Map', (value) => new Map([[value, 1]])],
    ['elements of a Set', (value) => new Set([value])],
    ['objects of a class', (value) => Object.assign(new (class A {})(), { value })],
    ['names on arrays', (value) => Object.assign([], { value })],
    ['names on long arrays', (value) => Object.assign(Array(100).fill(0), { value })],
    [
      'getters',
      (value) => ({
        get value() {
          return value;
        },
      }),
    ],
  ])('%s', (_, around) => {
    expect(() => encode([nest(around, 1000)])).not.toThrow();
    expect(() => encode([nest(around, 1100)])).toThrow(/nested more than 1000 levels deep/);
    expect(() => encode([nest(around, 20_000)])).toThrow(/nested more than 1000 levels deep/);
  });

  test('also where a shorter way leads to them', () => {
    const half = nest((value) => [value], 600);
    const all = nest((value) => ({ value }), 600);
    let innermost = all as { value: unknown };
    while (innermost.value !== 1) innermost = innermost.value as { value: unknown };
    innermost.value = half;
    expect(() => encode([[all, half]])).toThrow(/nested/);
    expect(() => encode([[half, all]])).not.toThrow();
  });

  test('errors within errors are not nested: no chain of them is too long', () => {
    // Without their stacks, each of which the test runner would map to its source.
    const { stackTraceLimit } = Error;
    Error.stackTraceLimit = 0;
    const chain = nest((cause) => new Error('x', { cause }), 3000);
    const lists = nest((all) => Object.assign(new Error('x'), { all: [all] }), 3000);
    Error.stackTraceLimit = stackTraceLimit;
    for (const value of [chain, lists]) expect(cross([value])[0]).toBeInstanceOf(Error);
  });

  test('what stands 1,000 levels deep is what it was', () => {
    let found: unknown = cross(deep(buffer(), 1000));
    while (!Buffer.isBuffer(found)) found = Object.values(found as object)[0];
    expect(String(found)).toBe('bytes');
  });
});

test('getters that make ever more objects are told to be too deep', () => {
  const endless = (): object => ({
    get next() {
      return endless();
    },
  });
  expect(() => cross(endless())).toThrow('nested more than 1000 levels deep');
  expect(() => cross([new Error('x'), new Map([['key', endless()]])])).toThrow('nested more than 1000');
});

test('what has no prototype any more is what it was, also beside what is sent as a copy', () => {
  const bare = <T extends object>(object: T): T => Object.setPrototypeOf(object, null) as T;
  for (const beside of [[], [new Error('x')]]) {
    const [map, set, date] = cross([
      bare(new Map([[1, [Buffer.from('m')]]])),
      bare(new Set([2])),
      bare(new Date(3)),
      ...beside,
    ]) as unknown as [Map<number, unknown>, Set<number>, Date];
    expect(map).toEqual(new Map([[1, [Buffer.from('m')]]]));
    expect(set).toEqual(new Set([2]));
    expect(date).toEqual(new Date(3));
  }
  let nested = bare(new Map<number, unknown>());
  for (let level = 0; level < 2000; level++) nested = bare(new Map([[1, nested]]));
  expect(() => cross(nested)).toThrow('nested more than 1000 levels deep');
});

test('a getter is called once, and a class gives up its methods', () => {
  let calls = 0;
  class Point {
    x = 1;
    declare readonly y: number;
    constructor() {
      Object.defineProperty(this, 'y', { get: () => ++calls, enumerable: true });
    }
    length() {
      return this.x;
    }
  }
  expect(cross(new Point())).toStrictEqual({ x: 1, y: 1 });
  expect(calls).toBe(1);
});

test('whatever there is either crosses or is refused', () => {
  fc.assert(
    fc.property(fc.array(hostile), (makers) => {
      const values = makers.map((make) => make());
      try {
        cross(values);
      } catch {
        // What traps and getters throw, and DataCloneErrors. No more is expected of it than to end.
      }
    }),
  );
});

test('of values with nothing special in them nothing is made', () => {
  fc.assert(
    fc.property(fc.array(fc.jsonValue()), (list) => {
      const { values, extras } = encode(list);
      expect(values).toBe(list);
      expect(extras).toBeUndefined();
    }),
  );
});

test('values with Buffers and errors anywhere cross as they were', () => {
  const { tree } = fc.letrec((tie) => {
    const some = fc.array(tie('tree'), { maxLength: 4 });
    return {
      tree: fc.oneof(
        { maxDepth: 4 },
        fc.uint8Array().map((bytes) => Buffer.from(bytes)),
        fc.integer(),
        fc.string().map((message) => Object.assign(new RangeError(message), { code: message })),
        some,
        fc.dictionary(fc.string(), tie('tree'), { maxKeys: 4, noNullPrototype: true }),
        some.map((list) => new Map(list.map((each) => [each, each]))),
        some.map((list) => new Set(list)),
      ),
    };
  });
  fc.assert(
    fc.property(tree, (value) => {
      expect(cross([value])).toStrictEqual([value]);
    }),
  );
});
