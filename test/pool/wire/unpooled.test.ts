import fc from '../../support/fast-check.ts';
import { describe, expect, test } from 'vitest';
import { unpooled } from '../../../src/pool/wire/unpooled.ts';
import { hostile } from '../../support/hostile.ts';

describe('unpooled', () => {
  test('a small part of a larger memory is copied', () => {
    const part = Buffer.alloc(1000).subarray(0, 10);
    const copy = unpooled(part) as Buffer;
    expect(copy.buffer.byteLength).toBe(10);
    expect(copy.equals(part)).toBe(true);
  });

  test.each([
    new Float32Array(1000).subarray(10, 13).fill(1.5),
    new BigInt64Array(1000).subarray(999).fill(7n),
    new DataView(new ArrayBuffer(1000), 3, 5),
  ])('so is any other view, which keeps its type and its bytes: %o', (part) => {
    const copy = unpooled(part) as typeof part;
    expect(copy).toStrictEqual(structuredClone(part));
    expect(copy.buffer.byteLength).toBe(part.byteLength);
  });

  test('a view of shared memory stays one', () => {
    const shared = new SharedArrayBuffer(1000);
    for (const view of [new Uint8Array(shared, 1, 1), Buffer.from(shared, 1, 1)])
      expect(unpooled(view)).toBe(view);
  });

  test('what was moved away is left for cloning to refuse', () => {
    const part = Buffer.from(new ArrayBuffer(100)).subarray(1, 2);
    structuredClone(part.buffer, { transfer: [part.buffer] });
    expect(unpooled(part)).toBe(part);
  });

  test('it never throws', () => {
    fc.assert(fc.property(hostile, (make) => void unpooled(make())));
  });

  test('one that fills its memory, and other values, are left alone', () => {
    for (const value of [Buffer.alloc(1000), new Uint8Array(1), 'text', null])
      expect(unpooled(value)).toBe(value);
  });
});
