import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { exitOf, runCli, startCli } from './run-cli.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'millrace-map-'));
  writeFileSync(
    join(folder, 'work.mjs'),
    `export const double = (n) => n * 2;
     export const nothing = () => undefined;
     export function* upTo(n) { for (let i = 1; i <= n; i++) yield i; }
     export async function* yieldAndFail(n) { yield n; if (n === 2) throw new RangeError('not two'); yield -n; }
     export const large = (n) => BigInt(n);
     export const wide = (n) => 'x'.repeat(10000);
     export const refuses = (n) => { if (n === 2) throw undefined; return n; };
     export const picky = (n) => { if (n === 2) throw new RangeError('not two'); return n; };`,
  );
});
afterEach(() => rmSync(folder, { recursive: true }));

describe('millrace map', () => {
  test('calls the function with each line’s value', async () => {
    const input = Array.from({ length: 5000 }, (_, n) => `${n}\n`).join('');
    const { code, stdout } = await runCli(['map', 'work.mjs#double', '--ordered'], input, folder);
    expect(code).toBe(0);
    expect(stdout.toString()).toBe(Array.from({ length: 5000 }, (_, n) => `${n * 2}\n`).join(''));
  });

  test('without --ordered prints the same results in whatever order they end', async () => {
    const { stdout } = await runCli(['map', 'work.mjs#double'], '1\n2\n3', folder);
    expect(stdout.toString().split('\n').toSorted()).toEqual(['', '2', '4', '6']);
  });

  test('prints each value that a generator yields as a line', async () => {
    const { code, stdout } = await runCli(['map', 'work.mjs#upTo', '--ordered'], '2\n0\n3000\n1\n', folder);
    const numbers = (n: number) => Array.from({ length: n }, (_, i) => `${i + 1}\n`).join('');
    expect({ code, stdout: stdout.toString() }).toEqual({ code: 0, stdout: `1\n2\n${numbers(3000)}1\n` });
    const unordered = await runCli(['map', 'work.mjs#upTo'], '2\n3\n', folder);
    expect(unordered.stdout.toString().split('\n').toSorted()).toEqual(['', '1', '1', '2', '2', '3']);
  });

  test('and what it had yielded before it failed', async () => {
    const failing = await runCli(['map', 'work.mjs#yieldAndFail', '-k'], '1\n2\n3\n', folder);
    expect(failing.code).toBe(1);
    expect(failing.stdout.toString()).toBe('1\n-1\n2\n3\n-3\n');
    expect(failing.stderr).toContain('line 2: not two');
    const outcomes = await runCli(['map', 'work.mjs#yieldAndFail', '--outcomes'], '2\n', folder);
    expect(outcomes.stdout.toString()).toBe(
      '{"line":1,"status":"fulfilled","value":2}\n' +
        '{"line":1,"status":"rejected","error":{"name":"RangeError","message":"not two"}}\n',
    );
  });

  test('reads a file, and prints null for what JSON has no word for', async () => {
    writeFileSync(join(folder, 'input'), '1\n\n2\n');
    const { stdout } = await runCli(['map', 'work.mjs#nothing', '--input', 'input'], '', folder);
    expect(stdout.toString()).toBe('null\nnull\n');
  });

  test('reports a line that is no JSON, and one whose call fails, by its number', async () => {
    const { code, stdout, stderr } = await runCli(
      ['map', 'work.mjs#picky', '--ordered'],
      '1\nx\n2\n3\n',
      folder,
    );
    expect(code).toBe(1);
    expect(stdout.toString()).toBe('1\n3\n');
    expect(stderr).toMatch(/^millrace: line 2: .*JSON/m);
    expect(stderr).toContain('millrace: line 3: not two');
  });

  test('reports a line whose function throws undefined', async () => {
    const { code, stdout, stderr } = await runCli(
      ['map', 'work.mjs#refuses', '--ordered'],
      '1\n2\n3\n',
      folder,
    );
    expect([code, stdout.toString()]).toEqual([1, '1\n3\n']);
    expect(stderr).toMatch(/line 2: undefined/);
  });

  test('answers a line before the next one is there', async () => {
    const child = startCli(['map', 'work.mjs#double'], folder);
    const answer = () =>
      new Promise((resolve) => child.stdout.once('data', (chunk) => resolve(String(chunk))));
    for (const number of [1, 2, 3]) {
      child.stdin.write(`${number}\n`);
      expect(await answer()).toBe(`${number * 2}\n`);
    }
    child.stdin.end();
    expect(await exitOf(child)).toBe(0);
  });

  test('reports a line that is no UTF-8, and a result that is no JSON', async () => {
    const notUtf8 = Buffer.from('1\n"\xff"\n', 'latin1');
    const { code, stdout, stderr } = await runCli(['map', 'work.mjs#double'], notUtf8, folder);
    expect({ code, stdout: stdout.toString() }).toEqual({ code: 1, stdout: '2\n' });
    expect(stderr).toBe('millrace: line 2: is not UTF-8\n');
    const large = await runCli(['map', 'work.mjs#large'], '1\n', folder);
    expect(large.code).toBe(1);
    expect(large.stderr).toMatch(/^millrace: line 1: .*BigInt\n$/);
  });

  test('reads a byte order mark, and lines as Windows ends them', async () => {
    const { stdout } = await runCli(['map', 'work.mjs#double', '--ordered'], '\ufeff1\r\n\r\n2\r\n', folder);
    expect(stdout.toString()).toBe('2\n4\n');
  });

  test('a signal ends it while it waits for a pipe that nobody has written to', async () => {
    const pipe = join(folder, 'pipe');
    execFileSync('mkfifo', [pipe]);
    const child = startCli(['map', 'work.mjs#double', '--input', pipe], folder);
    // Opens when it is open at the other end.
    const writer = await open(pipe, 'w');
    child.kill('SIGINT');
    expect(await exitOf(child)).toBe(130);
    await writer.close();
  });

  test('a signal ends it while nobody reads its output', async () => {
    const child = startCli(['map', 'work.mjs#wide'], folder);
    const failed = new Promise((resolve) => child.stderr.once('data', resolve));
    child.stdin.on('error', () => {});
    // A megabyte of results, more than pipes hold and less than a window of items.
    child.stdin.write(`${'1\n'.repeat(100)}x\n`);
    await failed;
    child.kill('SIGINT');
    expect(await exitOf(child)).toBe(130);
  });

  test.each([
    [['map', 'work.mjs#then'], 2, "'then' can't be the name of a task"],
    [
      ['map', 'work.mjs'],
      2,
      "has no function 'default' (its functions: double, large, nothing, picky, refuses, upTo, wide, yieldAndFail); MODULE#EXPORT names one",
    ],
    [['map', 'work.mjs#'], 2, "map takes MODULE or MODULE#EXPORT, not 'work.mjs#'"],
    [
      ['map', 'work.mjs#double', '--bogus'],
      2,
      "millrace: unknown option '--bogus' (what begins with - and is no option goes after --)\n",
    ],
    [['map', 'work.mjs#nope'], 2, "has no function 'nope'"],
    [['map', 'nowhere.mjs#double'], 2, 'nowhere.mjs\n'],
    [['map', 'work.mjs#double', 'lines'], 2, 'lines come from standard input, or by --input'],
    [['map', 'work.mjs#double', '--input', 'nowhere'], 1, 'no such file'],
  ])('%j exits with %i', async (args, expected, message) => {
    const { code, stderr } = await runCli(args, '1\n', folder);
    expect(stderr).toContain(message);
    expect(code).toBe(expected);
  });

  test.each([
    ['', 'work.mjs#nope', "has no function 'nope'"],
    ['\n\n', 'nowhere.mjs#double', 'there is no module at'],
  ])(
    'a function that is missing is refused also when the input is empty: %j',
    async (input, target, message) => {
      const { code, stderr } = await runCli(['map', target], input, folder);
      expect(stderr).toContain(message);
      expect(code).toBe(2);
    },
  );

  test('an empty input is done, with nothing called and nothing set up', async () => {
    writeFileSync(
      join(folder, 'hooked.mjs'),
      `import { writeFileSync } from 'node:fs';
       export const setup = () => writeFileSync('set-up', '');
       export const call = () => writeFileSync('called', '');`,
    );
    const { code, stdout, stderr } = await runCli(['map', 'hooked.mjs#call'], '', folder);
    expect({ code, stdout: stdout.toString(), stderr }).toEqual({ code: 0, stdout: '', stderr: '' });
    expect(readdirSync(folder)).not.toContain('set-up');
    expect(readdirSync(folder)).not.toContain('called');
  });

  test('takes no more from its input than its reader takes from its output', async () => {
    const child = startCli(['map', 'work.mjs#wide', '--workers', '1'], folder);
    child.stdin.on('error', () => {});
    // Nobody reads the output: writing must come to a stop, by back-pressure alone.
    let written = 0;
    const line = Buffer.from('1\n'.repeat(1000));
    await new Promise<void>((resolve) => {
      const write = (): void => {
        child.stdin.write(line, (error) => {
          if (error != null) return;
          written += 1000;
          clearTimeout(quiet);
          quiet = setTimeout(resolve, 1500);
          write();
        });
      };
      let quiet = setTimeout(resolve, 1500);
      write();
    });
    child.kill('SIGKILL');
    // Capacity, two pipes and the streams' buffers: some tens of thousands of two-byte lines, and not millions.
    expect(written).toBeGreaterThan(0);
    expect(written).toBeLessThan(300_000);
  });
});
