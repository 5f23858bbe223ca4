import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { TooDeepError, findBuffers, reviveBuffers, unpooled } from '../../src/pool/buffers.ts';
import { deep, hostile } from '../support/hostile.ts';

/** Through cloning, as between two threads. */
function cross<T extends unknown[]>(values: T): T {
  const paths = findBuffers(values);
  const cloned = structuredClone(values);
  reviveBuffers(cloned, paths);
  return cloned;
}

describe('a Buffer', () => {
  test('is found at any depth of arrays and objects', () => {
    expect(findBuffers([1, Buffer.alloc(1), { a: [{ b: Buffer.alloc(1) }] }])).toEqual([
      [1],
      [2, 'a', 0, 'b'],
    ]);
  });

  test('stays one, with its bytes', () => {
    const [first, { list }] = cross([
      Buffer.from('first'),
      { list: [1, Buffer.from('second')] },
    ] as const as never) as [Buffer, { list: [number, Buffer] }];
    expect(Buffer.isBuffer(first) && first.toString()).toBe('first');
    expect(Buffer.isBuffer(list[1]) && list[1].toString()).toBe('second');
  });

  test('of a part of a larger memory stays that part', () => {
    const [part] = cross([Buffer.from('0123456789').subarray(2, 5)]);
    expect(String(part)).toBe('234');
  });

  test('is no Uint8Array, and the other way round', () => {
    const [bytes] = cross([new Uint8Array(3)]);
    expect(Buffer.isBuffer(bytes)).toBe(false);
  });

  test('that is there twice is found in both places', () => {
    const shared = { buffer: Buffer.from('x') };
    const [a, b] = cross<[typeof shared, (typeof shared)[]]>([shared, [shared]]);
    expect(Buffer.isBuffer(a.buffer)).toBe(true);
    expect(Buffer.isBuffer(b[0]?.buffer)).toBe(true);
  });

  test('in a cycle is found once, and the search ends', () => {
    const cycle: { self?: unknown; buffer: Buffer } = { buffer: Buffer.from('x') };
    cycle.self = cycle;
    const [crossed] = cross<[typeof cycle]>([cycle]);
    expect(Buffer.isBuffer(crossed.buffer)).toBe(true);
    expect(crossed.self).toBe(crossed);
  });

  test.each([
    ['an Error', () => Object.assign(new Error('x'), { body: Buffer.from('x') })],
    ['a Map', () => Object.assign(new Map(), { body: Buffer.from('x') })],
    ['a Date', () => Object.assign(new Date(), { body: Buffer.from('x') })],
    ['a RegExp', () => Object.assign(/x/, { body: Buffer.from('x') })],
    ['an ArrayBuffer', () => Object.assign(new ArrayBuffer(1), { body: Buffer.from('x') })],
    ['a String object', () => Object.assign(Object('x') as object, { body: Buffer.from('x') })],
  ])('on %s, which cloning drops, does no harm', (_, make) => {
    expect(() => cross([make()])).not.toThrow();
  });

  test('behind a getter is not looked for', () => {
    const value = {
      get trap(): Buffer {
        throw new Error('a getter was run');
      },
    };
    expect(findBuffers([value])).toBeUndefined();
  });

  test('in a sparse array is found without a look at every hole', () => {
    const sparse: unknown[] = [1];
    sparse[300_000_000] = Buffer.alloc(1);
    expect(findBuffers([sparse])).toEqual([[0, 300_000_000]]);
  });

  test('is found as deep as anything may be, and what is deeper is refused', () => {
    expect(findBuffers([deep(Buffer.alloc(1), 1000)])?.[0]).toHaveLength(1001);
    expect(() => findBuffers([deep(Buffer.alloc(1), 1001)])).toThrow(TooDeepError);
    expect(() => findBuffers([deep()])).toThrow(TooDeepError);
  });

  test('is looked for in whatever there is', () => {
    const search = (values: unknown[]) => {
      try {
        findBuffers(values);
      } catch (error) {
        expect(error).toBeInstanceOf(TooDeepError);
      }
    };
    fc.assert(fc.property(fc.array(hostile), (makers) => search(makers.map((make) => make()))));
  });

  test('of no kind in it: nothing is told', () => {
    const values = fc.array(fc.jsonValue());
    fc.assert(fc.property(values, (list) => findBuffers(list) === undefined));
  });

  test('stays one wherever it stands', () => {
    const { tree } = fc.letrec((tie) => ({
      tree: fc.oneof(
        { maxDepth: 4 },
        fc.uint8Array().map((bytes) => Buffer.from(bytes)),
        fc.integer(),
        fc.array(tie('tree'), { maxLength: 4 }),
        fc.dictionary(fc.string(), tie('tree'), { maxKeys: 4, noNullPrototype: true }),
      ),
    }));
    fc.assert(
      fc.property(tree, (value) => {
        expect(cross([value])).toStrictEqual([value]);
      }),
    );
  });
});

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
