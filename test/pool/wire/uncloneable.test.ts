import fc from '../../support/fast-check.ts';
import { describe, expect, test } from 'vitest';
import { dataCloneError, findUncloneable } from '../../../src/pool/wire/uncloneable.ts';
import { deep, hostile } from '../../support/hostile.ts';

const bad = (): void => {};
const cycle: { self?: unknown; bad: unknown } = { bad };
cycle.self = cycle;

describe('the path to what cannot be cloned', () => {
  test.each([
    [[1, bad], 'args[1]'],
    [[{ handler: bad }], 'args[0].handler'],
    [[{ a: [{ b: bad }] }], 'args[0].a[0].b'],
    [[{ 'not a name': bad }], 'args[0]["not a name"]'],
    [[new Map([['key', bad]])], "args[0].get('key')"],
    [[new Map([[bad, 1]])], 'args[0]<key 0>'],
    [[new Map([[Object.create(null), bad]])], 'args[0].get([Object: null prototype] {})'],
    [[{ proxy: new Proxy({ bad }, {}) }], 'args[0].proxy'],
    [[new Set([1, bad])], 'args[0]<element 1>'],
    [[Symbol('x')], 'args[0]'],
    [[{ promise: Promise.resolve() }], 'args[0].promise'],
    [[cycle], 'args[0].bad'],
    [[{ fine: 1, weak: new WeakMap() }], 'args[0].weak'],
  ])('of %o is %s', (value, path) => {
    expect(findUncloneable(value, 'args')).toBe(path);
  });

  test('names a getter that throws', () => {
    const value = {
      get trap(): never {
        throw new Error('x');
      },
    };
    expect(findUncloneable([value], 'args')).toBe('args[0].trap');
  });

  test('is cut if it is long', () => {
    expect(findUncloneable([deep(bad)], 'args')).toMatch(/^args\[0\](\.value\[0\])+.*…$/);
  });

  test('is none for what can be cloned', () => {
    expect(findUncloneable([1, { a: new Map() }], 'args')).toBeUndefined();
  });
});

test("the error is the platform's, with the path in front", () => {
  const error = dataCloneError(new DOMException('could not be cloned', 'DataCloneError'), [bad], 'args');
  expect(error).toBeInstanceOf(DOMException);
  expect(error).toMatchObject({ name: 'DataCloneError', code: 25, message: 'args[0]: could not be cloned' });
});

test('whatever it is about, it is an error with a path', () => {
  fc.assert(
    fc.property(hostile, hostile, (makeError, makeValue) => {
      expect(dataCloneError(makeError(), makeValue(), 'args').message).toMatch(/^args/);
    }),
  );
});
