import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { runCli } from './run-cli.ts';

let folder: string;
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'millrace-resize-'));
  mkdirSync(join(folder, 'in', 'deep'), { recursive: true });
  const picture = sharp({ create: { width: 60, height: 40, channels: 3, background: 'red' } });
  await picture.toFile(join(folder, 'in', 'a.png'));
  await picture.toFile(join(folder, 'in', 'deep', 'b.jpg'));
});
afterEach(() => rmSync(folder, { recursive: true }));

describe('millrace resize', () => {
  test('keeps the shape of the tree', async () => {
    const args = ['resize', 'in', '--width', '30', '--format', 'webp', '--out', 'out'];
    const { code, stdout } = await runCli(args, '', folder);
    expect({ code, stdout: stdout.toString() }).toEqual({ code: 0, stdout: 'out/a.webp\nout/deep/b.webp\n' });
    for (const file of ['out/a.webp', 'out/deep/b.webp']) {
      expect(await sharp(join(folder, file)).metadata()).toMatchObject({
        format: 'webp',
        width: 30,
        height: 20,
      });
    }
  });

  test('never overwrites its source, and leaves no half-written file', async () => {
    const before = readFileSync(join(folder, 'in', 'a.png'));
    const { code, stderr } = await runCli(['resize', 'in', '--width', '30', '--out', 'in'], '', folder);
    expect(code).toBe(1);
    expect(stderr).toContain('is the input itself');
    expect(readFileSync(join(folder, 'in', 'a.png')).equals(before)).toBe(true);
    expect(readdirSync(join(folder, 'in'))).toEqual(['a.png', 'deep']);
  });

  test('two sources for one target: the second is refused', async () => {
    await sharp(join(folder, 'in', 'a.png')).toFile(join(folder, 'in', 'a.jpg'));
    const args = ['resize', 'in', '--width', '30', '--format', 'webp', '--out', 'out'];
    const { code, stderr } = await runCli(args, '', folder);
    expect(code).toBe(1);
    expect(stderr).toContain('another source goes to out/a.webp as well');
  });

  test('a result never replaces another source', async () => {
    await sharp(join(folder, 'in', 'a.png')).toFile(join(folder, 'in', 'a.webp'));
    const before = readFileSync(join(folder, 'in', 'a.webp'));
    const args = ['resize', 'in', '--width', '30', '--format', 'webp', '--out', 'in'];
    const { code, stdout, stderr } = await runCli(args, '', folder);
    expect({ code, stdout: stdout.toString() }).toEqual({ code: 1, stdout: 'in/deep/b.webp\n' });
    expect(stderr).toContain('in/a.png: would overwrite in/a.webp, another source');
    expect(readFileSync(join(folder, 'in', 'a.webp')).equals(before)).toBe(true);
  });

  test('what can’t be made a directory is named', async () => {
    mkdirSync(join(folder, 'out'));
    writeFileSync(join(folder, 'out', 'deep'), '');
    const { code, stdout, stderr } = await runCli(
      ['resize', 'in', '--width', '30', '--out', 'out'],
      '',
      folder,
    );
    expect({ code, stdout: stdout.toString() }).toEqual({ code: 1, stdout: 'out/a.png\n' });
    expect(stderr).toMatch(/^millrace: in\/deep\/b\.jpg: out\/deep: /);
    const args = ['resize', 'in', '--width', '30', '--out', 'in/a.png'];
    expect(await runCli(args, '', folder)).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('millrace: in/a.png: '),
    });
  });

  test('results inside of the tree are not taken for sources', async () => {
    const args = ['resize', 'in', '--width', '30', '--out', 'in/small'];
    expect((await runCli(args, '', folder)).code).toBe(0);
    expect((await runCli(args, '', folder)).code).toBe(0);
    expect(existsSync(join(folder, 'in', 'small', 'small'))).toBe(false);
  });

  test('a file that is no image is named and does not stop the others', async () => {
    writeFileSync(join(folder, 'in', 'text.jpg'), 'hello');
    const { code, stdout, stderr } = await runCli(
      ['resize', 'in', '--height', '20', '--out', 'out'],
      '',
      folder,
    );
    expect(code).toBe(1);
    expect(stderr).toContain('millrace: in/text.jpg: is not an image');
    expect(stdout.toString()).toBe('out/a.png\nout/deep/b.jpg\n');
  });

  test.each([
    [['resize', 'in', '--width', '30'], 'resize needs --out DIR'],
    [['resize', 'in', '--out', 'out'], 'resize needs --width or --height'],
    [['resize', 'in', '--width', '1.5', '--out', 'out'], '--width must be a positive integer'],
    [['resize', 'in', '--width', '99999', '--out', 'out'], '--width must be an integer from 1 to 16383'],
    [
      ['resize', 'in', '--width', '5', '--quality', '101', '--out', 'out'],
      '--quality must be an integer from 1 to 100',
    ],
    [['resize', 'in', '--width', '5', '--format', 'bmp', '--out', 'out'], '--format must be one of'],
  ])('%j is refused with exit code 2', async (args, message) => {
    const { code, stderr } = await runCli(args, '', folder);
    expect(code).toBe(2);
    expect(stderr).toContain(message);
  });
});
