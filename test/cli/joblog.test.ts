import { closeSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import fc from '../support/fast-check.ts';
import { afterAll, describe, expect, test } from 'vitest';
import { formatEntry, JobLog } from '../../src/cli/map/joblog.ts';
import { Journal } from '../../src/cli/map/journal.ts';
import { LineSet } from '../../src/cli/map/line-set.ts';
import { mendOutput } from '../../src/cli/map/mend-output.ts';
import { Output } from '../../src/cli/output.ts';

const folder = mkdtempSync(join(tmpdir(), 'millrace-joblog-'));
afterAll(() => rmSync(folder, { recursive: true }));
const at = (name: string): string => join(folder, name);

const entry = (line: number, status: 'ok' | 'failed' = 'ok'): string =>
  formatEntry({
    line,
    startedAt: 1_700_000_000_123,
    ms: 1234,
    received: 7,
    status,
    command: 'work.mjs "a\tb"',
  });

describe('the log of a run', () => {
  test('has the columns of GNU parallel', () => {
    expect(entry(3)).toBe('3\t:\t1700000000.123\t     1.234\t0\t7\t0\t0\twork.mjs "a\tb"\n');
  });

  test('a log that was torn at any byte counts its whole lines', async () => {
    const log = await JobLog.open({ file: at('whole'), resume: undefined });
    for (const line of [1, 2, 30]) log.append(entry(line, line === 2 ? 'failed' : 'ok'));
    const whole = readFileSync(at('whole'));
    for (let length = 0; length <= whole.length; length++) {
      const torn = whole.subarray(0, length).toString();
      const lines = torn.slice(0, torn.lastIndexOf('\n') + 1);
      for (const resume of ['all', 'succeeded'] as const) {
        writeFileSync(at('torn'), torn);
        const { done } = await JobLog.open({ file: at('torn'), resume });
        const logged = [1, 2, 30].filter((line) => lines.includes(`\n${line}\t`));
        expect([1, 2, 30].filter((line) => done.has(line))).toEqual(
          logged.filter((line) => resume === 'all' || line !== 2),
        );
        expect(readFileSync(at('torn'), 'utf8')).toBe(
          lines === '' ? whole.toString().split('1\t:')[0] : lines,
        );
      }
    }
  });

  test('the last entry of a line counts', async () => {
    const log = await JobLog.open({ file: at('twice'), resume: 'succeeded' });
    for (const text of [entry(1, 'failed'), entry(1), entry(2), entry(2, 'failed')]) log.append(text);
    const { done } = await JobLog.open({ file: at('twice'), resume: 'succeeded' });
    expect([done.has(1), done.has(2)]).toEqual([true, false]);
  });
});

test('a set of lines is a set', () => {
  const line = fc.oneof(fc.nat(100), fc.nat({ max: 10 ** 15 }));
  fc.assert(
    fc.property(fc.array(fc.tuple(line, fc.boolean())), (steps) => {
      const [set, model] = [new LineSet(), new Set<number>()];
      for (const [each, present] of steps) {
        set.set(each, present);
        if (present) model.add(each);
        else model.delete(each);
        for (const near of [each - 1, each, each + 1, each + 32768].filter((number) => number >= 0)) {
          expect(set.has(near)).toBe(model.has(near));
        }
      }
    }),
  );
});

describe('a journal', () => {
  test('logs a line when its output has been written, and not before', async () => {
    const stream = new PassThrough({ highWaterMark: 1 });
    const log = await JobLog.open({ file: at('journal'), resume: undefined });
    const journal = new Journal(new Output(stream), log);
    const logged = (): number => readFileSync(at('journal'), 'utf8').split('\n').length - 2;
    const long = `${'x'.repeat(5000)}\n`;
    void journal.add(long, entry(1));
    const behind = journal.add(long, entry(2));
    expect(logged()).toBe(0);
    const end = journal.end();
    stream.resume();
    await behind;
    expect(logged()).toBeGreaterThanOrEqual(1);
    await end;
    expect(logged()).toBe(2);
  });

  test('logs nothing of what was dropped', async () => {
    const output = new Output(new PassThrough());
    const journal = new Journal(output, await JobLog.open({ file: at('dropped'), resume: undefined }));
    void journal.add('a\n', entry(1));
    output.break();
    await journal.end();
    expect(readFileSync(at('dropped'), 'utf8')).not.toContain('work.mjs');
  });
});

describe.runIf(process.platform === 'linux')('a resumed run', () => {
  const mend = (flags: string, text: string): string => {
    writeFileSync(at('output'), text);
    const file = openSync(at('output'), flags);
    mendOutput(file);
    closeSync(file);
    return readFileSync(at('output'), 'utf8');
  };

  test('takes away half a line of the output, and nothing else', () => {
    const long = 'x'.repeat(200_000);
    expect(mend('a', 'one\ntwo\nha')).toBe('one\ntwo\n');
    expect(mend('a', `one\n${long}`)).toBe('one\n');
    expect(mend('a', 'one\ntwo\n')).toBe('one\ntwo\n');
    expect(mend('a', 'half')).toBe('');
    expect(mend('r+', 'one\nha')).toBe('one\nha');
  });
});
