import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { breathe, countFiles } from '../../src/cli/breathe.ts';
import { walk } from '../../src/cli/walk.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'millrace-walk-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

const bytes = (name: string) => Buffer.from(`${folder}/${name}`, 'latin1');

function tree(...names: string[]): void {
  for (const name of names) {
    mkdirSync(bytes(dirname(name)), { recursive: true });
    writeFileSync(bytes(name), '');
  }
}

const filesOf = (...paths: string[]) =>
  [...walk(paths)].flatMap((found) => (found.kind === 'file' ? [found.path] : []));

describe('walk', () => {
  test('finds the files of find, in the order of sort', () => {
    tree('a/x', 'a-b', 'a.b', 'a0', 'B', '\xff', '\xc3\xbc/\xff', 'a/b/c', 'a/b-c');
    mkdirSync(join(folder, 'empty'));
    symlinkSync('a', join(folder, 'link'));
    symlinkSync('nowhere', join(folder, 'dangling'));
    execFileSync('mkfifo', [join(folder, 'pipe')]);
    const script = 'find "$0" -type f | LC_ALL=C sort';
    const expected = execFileSync('bash', ['-c', script, folder], { encoding: 'latin1' });
    expect(`${filesOf(folder).join('\n')}\n`).toBe(expected);
    expect(filesOf(`${folder}/`)).toEqual(filesOf(folder));
  });

  test('takes each path in its turn, and follows a link that is named', () => {
    tree('a/x', 'b');
    symlinkSync('a', join(folder, 'link'));
    const paths = ['b', 'link', 'b'].map((name) => `${folder}/${name}`);
    expect(filesOf(...paths)).toEqual(['b', 'link/x', 'b'].map((name) => `${folder}/${name}`));
  });

  test('says where the part below the named directory begins', () => {
    tree('a/x');
    for (const path of [folder, `${folder}/`]) {
      const [found] = [...walk([path])].filter(({ kind }) => kind === 'file');
      expect(found).toMatchObject({ below: folder.length + 1 });
    }
    const [named] = [...walk([`${folder}/a/x`])];
    expect(named).toMatchObject({ kind: 'file', below: undefined });
  });

  test('goes on after what it can’t read', () => {
    tree('a');
    const found = [...walk([`${folder}/nowhere`, folder])];
    expect(found[0]).toMatchObject({ kind: 'failed', path: `${folder}/nowhere`, error: { code: 'ENOENT' } });
    expect(found.at(-1)).toMatchObject({ kind: 'file' });
  });

  test('reads a directory only when it gets there, and none that it may not enter', () => {
    tree('a/x', 'b/x', 'c/x');
    const walking = walk([folder], (directory) => !directory.endsWith('/b'));
    const next = () => {
      for (;;) {
        const { value } = walking.next();
        if (value === undefined || value.kind === 'file') return value?.path;
      }
    };
    expect(next()).toBe(`${folder}/a/x`);
    tree('c/y');
    expect([next(), next(), next()]).toEqual([`${folder}/c/x`, `${folder}/c/y`, undefined]);
  });

  test('breathes in a tree without files, and reports what failed', async () => {
    tree('a', 'b/c');
    const failed: string[] = [];
    const files = [];
    for await (const { path } of breathe(
      walk([`${folder}/nowhere`, folder]),
      (path) => void failed.push(path),
    )) {
      files.push(path);
    }
    expect(files).toEqual([`${folder}/a`, `${folder}/b/c`]);
    expect(failed).toEqual([`${folder}/nowhere`]);
    expect(await countFiles(walk([folder]))).toBe(2);
  });
});
