import { execFile } from 'node:child_process';
import { linkSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import fc from '../support/fast-check.ts';
import { Executor, tasks } from 'millrace';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

const example = (name: string) => new URL(`../../examples/nested/${name}`, import.meta.url);

/** Runs an example as its users do; rejects if it ends with an exit code other than 0. */
async function run(name: string, ...args: string[]): Promise<string> {
  const { stdout } = await promisify(execFile)(process.execPath, [fileURLToPath(example(name)), ...args]);
  return stdout;
}

let executor: Executor;
beforeAll(async () => {
  executor = new Executor({ workers: 2 });
  await executor.ready();
});
afterAll(() => executor.shutdown());

describe('merge sort', () => {
  const { sort } = tasks<{ sort(numbers: Float64Array, cutoff?: number): Promise<void> }>(
    example('merge-sort.js'),
  );

  function shared(numbers: Iterable<number>): Float64Array {
    const all = Float64Array.from(numbers);
    const copy = new Float64Array(new SharedArrayBuffer(all.byteLength));
    copy.set(all);
    return copy;
  }

  test('gives what Float64Array.prototype.sort gives, whatever the numbers and the cutoff', async () => {
    const numbers = fc.array(fc.oneof(fc.double(), fc.constantFrom(0, -0, NaN, 1, -1, Infinity)), {
      maxLength: 200,
    });
    const property = fc.asyncProperty(numbers, fc.integer({ min: 0, max: 50 }), async (given, cutoff) => {
      const sorted = shared(given);
      await executor.run(sort(sorted, cutoff));
      // Object.is tells -0 from 0.
      expect([...sorted]).toEqual([...Float64Array.from(given).toSorted()]);
    });
    await fc.assert(property, { numRuns: 200 });
  });

  test('chooses a cutoff by itself', async () => {
    const numbers = shared(Array.from({ length: 100_000 }, (_, index) => (index * 7919) % 100_003));
    const expected = numbers.toSorted();
    await executor.run(sort(numbers));
    expect(Buffer.compare(Buffer.from(numbers.buffer), Buffer.from(expected.buffer))).toBe(0);
  });

  test('refuses numbers that are no shared memory: half of them would be sorted elsewhere', async () => {
    await expect(executor.run(sort(new Float64Array(10)))).rejects.toThrow('shared memory');
  });

  test('as a script', async () => {
    expect(await run('sort.js', '200000')).toMatch(
      /^200,000 numbers, in order\n.*sort +\d+ ms\nmerge sort, /,
    );
  });
});

describe('directory size', () => {
  interface Size {
    readonly bytes: number;
    readonly files: number;
    readonly skipped: number;
  }
  type Way = (path: string) => Promise<Size>;
  const ways = tasks<{ sizeAlone: Way; sizeByTasks: Way; sizeByJoin: Way }>(example('directory-size.js'));

  let folder: string;
  const expected = { bytes: 0, files: 0, skipped: 0 };
  const write = (path: string, bytes: number) => {
    writeFileSync(join(folder, path), Buffer.alloc(bytes));
    expected.bytes += bytes;
    expected.files++;
  };
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'millrace-size-'));
    write('empty', 0);
    for (let wide = 0; wide < 20; wide++) {
      mkdirSync(join(folder, `wide ${wide}`));
      for (let file = 0; file < wide; file++) write(`wide ${wide}/${file}`, wide * 100 + file);
    }
    let deep = 'deep';
    for (let level = 0; level < 30; level++, deep += '/deep') {
      mkdirSync(join(folder, deep));
      write(`${deep}/file`, level);
    }
    // A link into itself is not followed, and is as long as the path that it holds. A second name counts again.
    symlinkSync('..', join(folder, 'deep', 'up'));
    linkSync(join(folder, 'wide 9', '1'), join(folder, 'again'));
    expected.bytes += 2 + 901;
    expected.files += 2;
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  test.each(['sizeAlone', 'sizeByTasks', 'sizeByJoin'] as const)('%s counts every file once', async (way) => {
    expect(await executor.run(ways[way](folder))).toEqual(expected);
    expect(await executor.run(ways[way](join(folder, 'nowhere')))).toEqual({
      bytes: 0,
      files: 0,
      skipped: 1,
    });
  });

  test('as a script', async () => {
    const printed = await run('du.js', folder);
    expect(printed).toContain(`${expected.bytes} bytes in ${expected.files} files\n`);
    expect(printed).toMatch(/a task for each directory +\d+ ms, 51 tasks/);
    await expect(run('du.js', join(folder, 'nowhere'))).rejects.toMatchObject({ code: 1 });
  });
});
