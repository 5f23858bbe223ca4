import fc from '../support/fast-check.ts';
import { Serializer } from 'node:v8';
import { describe, expect, test } from 'vitest';
import { encode } from '../../src/pool/wire/value-codec.ts';
import { payloadBytes } from '../../src/tasks/payload-size.ts';
import { deep, hostile } from '../support/hostile.ts';

test.each([
  { what: 'a Buffer', value: Buffer.alloc(1000), bytes: 1000 },
  { what: 'a typed array', value: new Float64Array(10), bytes: 80 },
  { what: 'a small view by itself, which is copied', value: new Uint8Array(1000).subarray(9, 12), bytes: 3 },
  { what: 'all memory behind a large view', value: new Uint8Array(1000).subarray(9), bytes: 1000 },
  { what: 'all memory behind a view', value: [new DataView(new ArrayBuffer(77), 3, 1)], bytes: 8 + 8 + 77 },
  { what: 'an ArrayBuffer', value: new ArrayBuffer(77), bytes: 77 },
  { what: 'shared memory, which is not copied', value: new SharedArrayBuffer(1000), bytes: 0 },
  { what: 'a resizable ArrayBuffer', value: resizable(77, 1000), bytes: 77 },
  { what: 'a string, at two bytes a character', value: 'abcd', bytes: 5 + 8 },
  { what: 'a number', value: 1, bytes: 8 },
  { what: 'a fraction', value: 0.5, bytes: 10 },
  { what: 'null', value: null, bytes: 4 },
  { what: 'a small BigInt', value: 7n, bytes: 12 },
  { what: 'a BigInt, to the next power of two', value: 2n ** 8000n, bytes: 4 + 1024 },
  { what: 'a negative one', value: -(2n ** 8000n), bytes: 4 + 1024 },
  { what: 'an array', value: [1, 2], bytes: 8 + 2 * 8 },
  { what: 'an object, its keys at two bytes a character', value: { abc: 1 }, bytes: 8 + 2 + 6 + 8 },
  { what: 'a buffer in it', value: { a: new Uint8Array(100) }, bytes: 8 + 2 + 2 + 8 + 100 },
  { what: 'a Map', value: new Map([['k', 'v']]), bytes: 8 + 7 + 7 },
  { what: 'a Set', value: new Set(['ab']), bytes: 8 + 9 },
  { what: 'what hangs on an array', value: Object.assign([1], { a: 'ab' }), bytes: 8 + 8 + 4 + 9 },
  { what: 'a date', value: new Date(), bytes: 10 },
  { what: 'the source of a RegExp', value: /abc/, bytes: 5 + 6 },
  { what: 'a boxed string', value: Object('abcd'), bytes: 5 + 8 },
  { what: 'a boxed BigInt', value: Object(2n ** 8000n), bytes: 4 + 1024 },
  { what: 'what a Blob holds not at all: it is not copied', value: new Blob(['x'.repeat(1000)]), bytes: 64 },
])('it counts $what', ({ value, bytes }) => {
  expect(payloadBytes([value])).toBe(bytes);
});

test('shared memory is not copied, and counts as nothing', () => {
  expect(payloadBytes([new SharedArrayBuffer(1_000_000)])).toBeLessThan(100);
});

test('a shared object counts once, and a cycle ends', () => {
  const shared = { bytes: new Uint8Array(1000) };
  expect(payloadBytes([[shared, shared]])).toBeLessThan(1100);
  const cycle: { self?: unknown } = {};
  cycle.self = cycle;
  expect(payloadBytes([cycle])).toBeLessThan(100);
});

test('memory that is there several times counts once', () => {
  const memory = new ArrayBuffer(1000);
  const views = [memory, new Uint8Array(memory), new Float64Array(memory, 8, 1)];
  expect(payloadBytes(views)).toBeLessThan(1100);
  expect(payloadBytes([views, views])).toBeLessThan(1200);
});

test('a sparse array takes no longer than its elements', () => {
  const sparse: unknown[] = [1];
  sparse[300_000_000] = 'ab';
  expect(payloadBytes([sparse])).toBe(8 + 8 + 9);
});

test('no depth is too much', () => {
  expect(payloadBytes([deep(new ArrayBuffer(1e6))])).toBeGreaterThan(1e6);
});

test('it never throws', () => {
  fc.assert(
    fc.property(fc.array(hostile), (makers) => {
      expect(payloadBytes(makers.map((make) => make()))).toBeGreaterThanOrEqual(0);
    }),
  );
});

test('looking runs no getter', () => {
  const value = {
    get trap(): never {
      throw new Error('a getter was run');
    },
  };
  expect(payloadBytes([value])).toBeGreaterThan(0);
});

test('it never counts less than the bytes of the buffers within', () => {
  const tree = fc.letrec((tie) => ({
    value: fc.oneof({ maxDepth: 4 }, fc.uint8Array({ maxLength: 64 }), tie('list'), tie('record')),
    list: fc.array(tie('value'), { maxLength: 4 }),
    record: fc.dictionary(fc.string({ maxLength: 3 }), tie('value'), { maxKeys: 4 }),
  })).value;
  fc.assert(fc.property(tree, (value) => payloadBytes([value]) >= bytesIn(value)));
});

function bytesIn(value: unknown): number {
  if (value instanceof Uint8Array) return value.byteLength;
  return Object.values(value as object).reduce((sum: number, inner) => sum + bytesIn(inner), 0);
}

test('an error counts with what hangs on it', () => {
  const error = Object.assign(new Error('x'.repeat(1000)), { body: new Uint8Array(5000) });
  expect(payloadBytes([error])).toBeGreaterThan(2 * 1000 + 5000);
  expect(payloadBytes([new Error('x', { cause: error })])).toBeGreaterThan(2 * 1000 + 5000);
});

describe('of values of 1 KiB and more', () => {
  const text = (maxLength: number) =>
    fc.oneof(fc.string({ maxLength, size: 'max' }), fc.string({ unit: 'binary', maxLength, size: 'max' }));
  const leaf = fc.oneof(
    fc.constantFrom(null, undefined, true, false, 0n, /x/, new Date(0), new Date(Number.NaN)),
    fc.integer(),
    fc.nat(63),
    fc.double(),
    fc.bigInt(),
    fc.bigInt({ min: -(2n ** 20_000n), max: 2n ** 20_000n }),
    text(20),
    text(3000),
    text(300).map((source) => new RegExp(source.replaceAll(/[^\p{L}]/gu, 'a') || 'a')),
    fc.uint8Array({ maxLength: 3000, size: 'max' }),
    fc.float64Array(),
    fc.uint8Array().map(({ buffer }) => buffer),
    fc.constantFrom(7, true, 'text', 10n ** 100n).map((value) => Object(value) as unknown),
  );
  const { value } = fc.letrec((tie) => ({
    value: fc.oneof(
      { maxDepth: 4 },
      leaf,
      text(500).map((message) => new Error(message)),
      fc.array(tie('value'), { maxLength: 40 }),
      fc.tuple(leaf, fc.nat(2000)).map(([each, times]) => Array.from({ length: times }, () => each)),
      fc.tuple(leaf, fc.nat(2000)).map(([each, times]) => Array(times).fill(each)),
      fc.sparseArray(leaf),
      fc.dictionary(text(200), tie('value'), { maxKeys: 20 }),
      fc
        .uniqueArray(fc.nat(1e6), { maxLength: 300, size: 'max' })
        .map((keys) => Object.fromEntries(keys.map((key) => [key, null]))),
      fc.array(fc.tuple(tie('value'), tie('value')), { maxLength: 20 }).map((entries) => new Map(entries)),
      fc.array(tie('value'), { maxLength: 20 }).map((elements) => new Set(elements)),
    ),
  }));

  /** What is written for it, as a message between threads is: buffers as they are. */
  function serializedBytes(given: unknown): number {
    const serializer = new Serializer();
    serializer.writeValue(given);
    return serializer.releaseBuffer().length;
  }

  test.each([
    ['nothing', fc.constant({})],
    ['long lists', fc.tuple(leaf, fc.nat(2000)).map(([each, times]) => Array(times).fill(each))],
    ['anything', value],
  ])('it is at least two thirds, and at most four times, of what is written: %s', (_, given) => {
    // Beside an error's record, which is sent in its place, stand the names of what it consists of.
    const overhead = serializedBytes(encode([new Map(), new Error('')]));
    fc.assert(
      fc.property(given, (each) => {
        const bytes = serializedBytes(encode([each]));
        if (bytes < 1024) return;
        const estimate = payloadBytes([each]);
        expect(bytes).toBeLessThanOrEqual(1.5 * estimate + overhead);
        expect(estimate).toBeLessThanOrEqual(4 * bytes);
      }),
      { numRuns: 100 },
    );
  });
});

test('a small value of primitives counts the same by itself as beside others', () => {
  const primitive = fc.anything({ maxDepth: 0, withBigInt: true });
  const flat = fc.oneof(
    fc.array(primitive, { maxLength: 30 }),
    fc.dictionary(fc.string(), primitive, { maxKeys: 30 }),
  );
  const other = [new Date()];
  fc.assert(
    fc.property(flat, (value) => {
      expect(payloadBytes([value])).toBe(payloadBytes([value, other]) - payloadBytes([other]));
    }),
  );
});

test('a long BigInt is measured without a copy of all of it for each step', () => {
  expect(payloadBytes([1n << 80_000_000n])).toBe(4 + 2 ** 27 / 8);
});

function resizable(byteLength: number, maxByteLength: number): ArrayBuffer {
  return new (ArrayBuffer as new (byteLength: number, options: object) => ArrayBuffer)(byteLength, {
    maxByteLength,
  });
}
