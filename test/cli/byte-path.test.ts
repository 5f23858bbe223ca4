import fc from '../support/fast-check.ts';
import { expect, test } from 'vitest';
import { fromText, toPrintable, toSystem, toText } from '../../src/cli/byte-path.ts';

test('text goes to bytes and back', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      expect(toText(fromText(text))).toBe(text);
      expect(toSystem(fromText(text))).toBe(text);
    }),
  );
});

test('what is no UTF-8 stays bytes for the system', () => {
  expect(toSystem('a\xff')).toEqual(Buffer.from([0x61, 0xff]));
  expect(toText('a\xff')).toBe('a\ufffd');
});

test('a name in a message stays on its line', () => {
  expect(toPrintable('a\nb\x1b[31m\xc2\x9bü')).not.toMatch(/\p{Cc}/u);
  expect(toPrintable('a\nb\x1b')).toBe(String.raw`a\nb\x1b`);
});
