import fc from '../support/fast-check.ts';
import { describe, expect, test } from 'vitest';
import { legible, printable, shown } from '../../src/base/printable.ts';

/** By their numbers, as the standard lists them: what a terminal obeys, or shows as nothing or elsewhere. */
const ranges: readonly (readonly [from: number, to: number])[] = [
  [0x00, 0x1f],
  [0x7f, 0x9f],
  [0xad, 0xad],
  [0x61c, 0x61c],
  [0x200b, 0x200f],
  [0x2028, 0x202e],
  [0x2060, 0x2064],
  [0x2066, 0x206f],
  [0x3164, 0x3164],
  [0xd800, 0xdfff],
  [0xfeff, 0xfeff],
  [0xfff9, 0xfffb],
  [0xe0001, 0xe0001],
  [0xe0020, 0xe007f],
];
const isUnsafe = (character: string): boolean => {
  const code = character.codePointAt(0) ?? 0;
  return ranges.some(([from, to]) => code >= from && code <= to);
};
const all = ranges.flatMap(([from, to]) =>
  Array.from({ length: to - from + 1 }, (_, index) => String.fromCodePoint(from + index)),
);
const text = fc
  .array(fc.oneof(fc.constantFrom(...all), fc.string({ unit: 'binary', maxLength: 3 })))
  .map((parts) => parts.join(''));

describe('text of others', () => {
  test('in a message has nothing left that is not safe, and can be told apart', () => {
    for (const each of all) {
      expect(printable(`a${each}b`)).toMatch(/^a\\(?:n|x[\da-f]{2}|u[\da-f]{4}|u\{[\da-f]+\})b$/);
    }
    expect(new Set(all.map(printable)).size).toBe(all.length);
    fc.assert(
      fc.property(text, (any) => {
        expect(Array.from(printable(any)).filter(isUnsafe)).toEqual([]);
      }),
    );
  });

  test('among results keeps its lines and its length', () => {
    fc.assert(
      fc.property(text, (any) => {
        const seen = shown(any);
        expect(Array.from(seen).filter((each) => each !== '\n' && isUnsafe(each))).toEqual([]);
        expect(Array.from(seen)).toHaveLength(Array.from(any).length);
        expect(seen.split('\n')).toHaveLength(any.split('\n').length);
      }),
    );
  });

  test('of several lines keeps them, and nothing else that is unsafe', () => {
    expect(legible('a\n\tb\x1b[2J\u202e\x9b')).toBe('a\n\tb\\x1b[2J\\u202e\\x9b');
    fc.assert(
      fc.property(text, (any) => {
        const seen = legible(any);
        expect(Array.from(seen).filter((each) => !/[\n\t]/.test(each) && isUnsafe(each))).toEqual([]);
        expect(seen.split('\n')).toHaveLength(any.split('\n').length);
      }),
    );
  });

  test('is left as it is if it is harmless: letters of all kinds, and the emoji that chooses its glyph', () => {
    const harmless = 'aé über 日本語 עברית العربية हिन्दी ☂\ufe0f 𝕏 C:\\x';
    expect(printable(harmless)).toBe(harmless);
    expect(shown(harmless)).toBe(harmless);
  });

  test('is safe once, and stays as it is then', () => {
    fc.assert(
      fc.property(text, (any) => {
        expect(printable(printable(any))).toBe(printable(any));
      }),
    );
  });
});
