import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { hashGroup } from '../../src/cli/hash-group.ts';
import { runCli } from './run-cli.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'millrace-group-'));
});
afterEach(() => {
  vi.restoreAllMocks();
  rmSync(folder, { recursive: true });
});

const sha256 = (bytes: string | Uint8Array) => createHash('sha256').update(bytes).digest('hex');

function file(name: string, contents: string | Uint8Array): string {
  const path = join(folder, name);
  writeFileSync(path, contents);
  return path;
}

const clockStands = () => vi.spyOn(performance, 'now').mockReturnValue(0);

test('small files have digests, a large one is left, and what fails, fails alone', () => {
  clockStands();
  const paths = [
    file('small', 'abc'),
    join(folder, 'missing'),
    file('large', Buffer.alloc(1 << 20)),
    folder,
    file('just small', Buffer.alloc((1 << 20) - 1)),
    file('empty', ''),
  ];
  expect(hashGroup(paths, 'sha256')).toEqual([
    sha256('abc'),
    { error: expect.objectContaining({ code: 'ENOENT' }) },
    null,
    { error: expect.objectContaining({ code: 'EISDIR' }) },
    sha256(Buffer.alloc((1 << 20) - 1)),
    sha256(''),
  ]);
});

test('an algorithm of a package is loaded first', async () => {
  clockStands();
  const abc = '6437b3ac38465133ffb63b75273a8db548c558465d79db03fd359c6cd5bd9d85';
  expect(await hashGroup([file('small', 'abc'), join(folder, 'missing')], 'blake3')).toEqual([
    abc,
    { error: expect.objectContaining({ code: 'ENOENT' }) },
  ]);
});

test('where files are slow, the others are left after 5 ms', () => {
  let now = 0;
  vi.spyOn(performance, 'now').mockImplementation(() => (now += 2));
  const path = file('small', 'abc');
  const left = [null, null, null];
  expect(
    hashGroup(
      Array.from({ length: 5 }, () => path),
      'sha256',
    ),
  ).toEqual([sha256('abc'), sha256('abc'), ...left]);
});

test('the command prints all in order: groups, large files among them, and names none twice', async () => {
  const contents = (index: number) => Buffer.alloc(index % 90 === 5 ? 1 << 20 : index, index);
  const names = Array.from({ length: 300 }, (_, index) => String(index).padStart(3, '0'));
  const lines = names.map((name, index) => {
    const bytes = contents(index);
    return `${sha256(bytes)}  ${file(name, bytes)}\n`;
  });
  const { code, stdout, stderr } = await runCli(['hash', folder]);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  expect(stdout.toString()).toBe(lines.join(''));
});

test('a file that ends the thread costs its neighbours nothing', async () => {
  const names = Array.from({ length: 100 }, (_, index) => String(index).padStart(3, '0'));
  for (const name of names) file(name, name === '042' ? 'the end of it' : name);
  const fatal = `const crypto = process.getBuiltinModule('node:crypto'), { hash } = crypto;
    crypto.hash = (name, bytes, form) => bytes.length === 13 ? process.exit(1) : hash(name, bytes, form);`;
  const flags = ['--import', `data:text/javascript,${encodeURIComponent(fatal)}`];
  const { code, stdout, stderr } = await runCli(['hash', folder], '', undefined, flags);
  const left = names.filter((name) => name !== '042');
  expect(stdout.toString()).toBe(left.map((name) => `${sha256(name)}  ${join(folder, name)}\n`).join(''));
  expect(stderr).toMatch(/^millrace: \S+\/042: .*exit.*\n$/);
  expect(code).toBe(1);
});
