import fc from 'fast-check';
import { expect, test } from 'vitest';
import { payloadBytes } from '../../src/scheduler/payload-size.ts';
import { deep, hostile } from '../support/hostile.ts';

test.each([
  { what: 'a Buffer', value: Buffer.alloc(1000), bytes: 1000 },
  { what: 'a typed array', value: new Float64Array(10), bytes: 80 },
  { what: 'a small view by itself, which is copied', value: new Uint8Array(1000).subarray(9, 12), bytes: 3 },
  { what: 'all memory behind a large view', value: new Uint8Array(1000).subarray(9), bytes: 1000 },
  { what: 'all memory behind a view', value: [new DataView(new ArrayBuffer(77), 3, 1)], bytes: 16 + 8 + 77 },
  { what: 'an ArrayBuffer', value: new ArrayBuffer(77), bytes: 77 },
  { what: 'a string, at two bytes a character', value: 'abcd', bytes: 8 },
  { what: 'a number', value: 1, bytes: 8 },
  { what: 'null', value: null, bytes: 8 },
  { what: 'an array', value: [1, 2], bytes: 16 + 2 * 16 },
  { what: 'an object', value: { a: new Uint8Array(100) }, bytes: 16 + 8 + 100 },
  { what: 'a Map', value: new Map([['k', 'v']]), bytes: 16 + 8 + 2 + 8 + 2 },
  { what: 'a Set', value: new Set(['ab']), bytes: 16 + 8 + 4 },
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
  expect(payloadBytes([sparse])).toBe(16 + 16 + 12);
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
