import { Writable } from 'node:stream';
import { setImmediate } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { fromText } from '../../src/cli/byte-path.ts';
import { Output } from '../../src/cli/output.ts';

/** A stream whose reader takes a piece only when told to. */
class Reader extends Writable {
  readonly pieces: string[] = [];
  #taken: (() => void) | undefined;

  override _write(chunk: Buffer, _: BufferEncoding, taken: () => void): void {
    this.pieces.push(chunk.toString('latin1'));
    this.#taken = taken;
  }

  take(): void {
    this.#taken?.();
  }
}

const batch = 64 * 1024;

describe('Output', () => {
  test('what is written in one turn leaves together, and does not wait for more', async () => {
    const reader = new Reader();
    const output = new Output(reader);
    expect(output.write('a\n')).toBeUndefined();
    expect(output.write('b\xff\n')).toBeUndefined();
    expect(reader.pieces).toEqual([]);
    await setImmediate();
    expect(reader.pieces).toEqual(['a\nb\xff\n']);
  });

  test('a batch leaves at once; with another one behind it the writer waits', async () => {
    const reader = new Reader();
    const output = new Output(reader);
    const large = 'x'.repeat(batch);
    expect(output.write(large)).toBeUndefined();
    expect(reader.pieces).toEqual([large]);
    const behind = output.write(large);
    expect(behind).toBeInstanceOf(Promise);
    reader.take();
    await behind;
    expect(reader.pieces).toEqual([large, large]);
  });

  test('a stream that calls back at once gets every piece, and end() ends', async () => {
    const pieces: string[] = [];
    const atOnce = new Writable();
    atOnce.write = (chunk: unknown, ...[, written]: unknown[]) => {
      pieces.push(chunk as string);
      (written as () => void)();
      return true;
    };
    const output = new Output(atOnce);
    const [first, second] = ['x'.repeat(batch), 'y'.repeat(batch)];
    expect(output.write(first)).toBeUndefined();
    expect(output.write(second)).toBeUndefined();
    // If this fails, end() would never end.
    expect(pieces).toEqual([first, second]);
    await output.end();
  });

  test('end() waits for the last byte', async () => {
    const reader = new Reader();
    const output = new Output(reader);
    let ended = false;
    void output.write('a\n');
    const end = output.end().then(() => {
      ended = true;
    });
    void output.write('b\n');
    reader.take();
    await setImmediate();
    expect(reader.pieces).toEqual(['a\n', 'b\n']);
    expect(ended).toBe(false);
    reader.take();
    await end;
  });

  test('tells once that the stream failed, and drops what comes then', async () => {
    const reader = new Reader();
    const errors: string[] = [];
    const output = new Output(reader, { failed: (error) => errors.push(error.message) });
    reader.destroy(new Error('gone'));
    await setImmediate();
    expect(output.write('x'.repeat(2 * batch))).toBeUndefined();
    await output.end();
    expect(errors).toEqual(['gone']);
    expect(reader.pieces).toEqual([]);
  });

  test('a terminal gets no control characters', async () => {
    const terminal = Object.assign(new Reader(), { isTTY: true });
    void new Output(terminal).write('a\x1b[31m\tb\r\x7f\n\xc3\xbc\xc2\x9b\n');
    await setImmediate();
    expect(terminal.pieces).toEqual(['a?[31m?b??\n\xc3\xbc?\n']);
  });

  test('nor bytes that are no UTF-8, nor what reorders text; anything else gets both', async () => {
    const text = `\x9b31m${fromText('a\u202eb\u200bc')}\n`;
    const [terminal, pipe] = [Object.assign(new Reader(), { isTTY: true }), new Reader()];
    for (const stream of [terminal, pipe]) void new Output(stream).write(text);
    await setImmediate();
    expect(terminal.pieces).toEqual(['?31ma?b?c\n']);
    expect(pipe.pieces).toEqual([text]);
  });

  test('others make way until a piece is out', async () => {
    const reader = new Reader();
    const events: string[] = [];
    const output = new Output(reader, {
      around: (write) => {
        events.push('away');
        write(() => events.push('back'));
      },
    });
    void output.write('a\n');
    output.flush();
    await setImmediate();
    expect(events).toEqual(['away']);
    reader.take();
    await output.end();
    expect(events).toEqual(['away', 'back']);
  });
});
