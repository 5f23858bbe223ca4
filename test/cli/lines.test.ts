import fc from '../support/fast-check.ts';
import { describe, expect, test } from 'vitest';
import { readLines } from '../../src/cli/lines.ts';

async function* stream(chunks: readonly string[]): AsyncGenerator<Buffer> {
  for (const chunk of chunks) yield Buffer.from(chunk, 'latin1');
}

async function linesOf(chunks: readonly string[], maxBytes?: number): Promise<(string | undefined)[]> {
  const lines: (string | undefined)[] = [];
  for await (const line of readLines(stream(chunks), maxBytes)) lines.push(line?.toString('latin1'));
  return lines;
}

describe('lines', () => {
  test('are the same however the bytes were cut', async () => {
    const chunk = fc.string({ unit: fc.constantFrom('a', '\xff', '\n') });
    await fc.assert(
      fc.asyncProperty(fc.array(chunk), async (chunks) => {
        const expected = chunks.join('').split('\n');
        if (expected.at(-1) === '') expected.pop();
        expect(await linesOf(chunks)).toEqual(expected);
      }),
    );
  });

  test('that are too long are left out, and the next one is not', async () => {
    expect(await linesOf(['abc', 'd', 'ef\nabcd\nabcde\n', 'ab'], 4)).toEqual([
      undefined,
      'abcd',
      undefined,
      'ab',
    ]);
  });

  test('are read no further than they are asked for', async () => {
    let pulled = 0;
    async function* counting(): AsyncGenerator<Buffer> {
      for (;;) {
        pulled++;
        yield Buffer.from('a\nb\n');
      }
    }
    const lines = readLines(counting());
    for (let count = 0; count < 4; count++) await lines.next();
    expect(pulled).toBe(2);
  });
});
