import fc from '../support/fast-check.ts';
import { describe, expect, test } from 'vitest';
import { checksumParser, formatChecksum, formatVerdict } from '../../src/cli/checksum-line.ts';

const digest = 'a1'.repeat(32);
const parse = (line: string) => checksumParser(64, 'SHA256')(line);

describe('checksum lines', () => {
  test('are read as they were written, whatever bytes a name has', () => {
    const byte = fc.integer({ min: 1, max: 255 }).map((code) => String.fromCharCode(code));
    const special = fc.constantFrom('\\', '\n', '\r', ' ', '*', '#', '(');
    const name = fc.string({ unit: fc.oneof(byte, special), minLength: 1 });
    fc.assert(
      fc.property(name, (path) => {
        expect(parse(formatChecksum(digest, path).slice(0, -1))).toEqual({ digest, path });
      }),
    );
  });

  test.each([
    [`${digest}  name`, 'name'],
    [`${digest} *name`, 'name'],
    [`${digest}   name `, ' name '],
    [`  ${digest.toUpperCase()}  name\r`, 'name'],
    [String.raw`\${digest}  a\\b\nc`.replace('${digest}', digest), 'a\\b\nc'],
    [`${digest} name`, 'name'],
    [`SHA256 (a) b) = ${digest}`, 'a) b'],
  ])('%j names a file', (line, path) => {
    expect(parse(line)).toEqual({ digest, path });
  });

  test.each(['', '# comment', '\r'])('%j is ignored', (line) => {
    expect(parse(line)).toBe('ignored');
  });

  test.each([
    'hello',
    digest,
    `${digest} `,
    `${digest.slice(1)}  name`,
    `${digest}0  name`,
    `g${digest.slice(1)}  name`,
    String.raw`\${digest}  a\b`.replace('${digest}', digest),
    `MD5 (name) = ${digest}`,
  ])('%j is improper', (line) => {
    expect(parse(line)).toBeUndefined();
  });

  test('with one blank are taken only where no line has two, and the other way round', () => {
    const afterTwo = checksumParser(64, 'SHA256');
    afterTwo(`${digest}  a`);
    expect(afterTwo(`${digest} b`)).toBeUndefined();
    const afterOne = checksumParser(64, 'SHA256');
    afterOne(`${digest} a`);
    expect(afterOne(`${digest}  b`)).toEqual({ digest, path: ' b' });
  });

  test('verdicts are escaped only for a newline', () => {
    expect(formatVerdict('a\\b', 'OK')).toBe('a\\b: OK\n');
    expect(formatVerdict('a\\\nb', 'OK')).toBe('\\a\\\\\\nb: OK\n');
  });
});
