import { spawnSync } from 'node:child_process';
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
import { fileURLToPath } from 'node:url';
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
  test('ends with an error where its working directory is gone', () => {
    const main = fileURLToPath(new URL('../../dist/cli.js', import.meta.url));
    const script = 'mkdir gone && cd gone && rmdir ../gone && exec "$@"';
    const args = [process.execPath, main, 'resize', join(folder, 'in'), '--width', '30', '--out', 'a/b'];
    const { status, stderr } = spawnSync('sh', ['-c', script, 'sh', ...args], {
      cwd: folder,
      encoding: 'utf8',
    });
    expect({ status, stderr }).toEqual({ status: 1, stderr: 'millrace: a/b: no such file or directory\n' });
  });

  test.runIf(existsSync('/proc/self'))('ends with an error where the system makes no directories', () => {
    const main = fileURLToPath(new URL('../../dist/cli.js', import.meta.url));
    for (const out of ['/proc/a', '/proc/a/b', join(folder, 'in', 'a.png', 'b')]) {
      const args = [main, 'resize', join(folder, 'in'), '--width', '30', '--out', out];
      const { status, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8' });
      expect({ status, stderr }).toEqual({
        status: 1,
        stderr: expect.stringContaining(`millrace: ${out}: `),
      });
    }
  });

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

  test('writes another format in the same size', async () => {
    const { code, stdout } = await runCli(['resize', 'in', '--format', 'webp', '--out', 'out'], '', folder);
    expect({ code, stdout: stdout.toString() }).toEqual({ code: 0, stdout: 'out/a.webp\nout/deep/b.webp\n' });
    const { format, width, height } = await sharp(join(folder, 'out', 'a.webp')).metadata();
    expect({ format, width, height }).toEqual({ format: 'webp', width: 60, height: 40 });
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
    expect(stderr).toContain('another source has the same target, out/a.webp');
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

  test('what is no image in a tree is skipped and counted; it is an error where it is named', async () => {
    writeFileSync(join(folder, 'in', 'text.jpg'), 'hello');
    writeFileSync(join(folder, 'in', 'deep', 'notes'), 'hello');
    const args = (path: string) => ['resize', path, 'in/deep', '--height', '20', '--out', 'out'];
    const tree = await runCli(args('in/a.png'), '', folder);
    expect(tree).toMatchObject({ code: 0, stderr: 'millrace: 1 file is no image, and was skipped\n' });
    expect(tree.stdout.toString()).toBe('out/a.png\nout/b.jpg\n');
    const named = await runCli(args('in/text.jpg'), '', folder);
    expect(named.code).toBe(1);
    expect(named.stderr).toContain('millrace: in/text.jpg: is not an image');
    expect(named.stderr).toContain('millrace: 1 file is no image, and was skipped');
    expect(named.stdout.toString()).toBe('out/b.jpg\n');
  });

  test('an image in a tree that is damaged is an error', async () => {
    const whole = readFileSync(join(folder, 'in', 'a.png'));
    writeFileSync(join(folder, 'in', 'half.png'), whole.subarray(0, whole.length / 2));
    const { code, stderr } = await runCli(['resize', 'in', '--width', '5', '--out', 'out'], '', folder);
    expect(code).toBe(1);
    expect(stderr).toContain('millrace: in/half.png: is not an image, or is damaged');
  });

  test('makes several widths and formats of each, and only those that are missing', async () => {
    const args = 'resize in --width 30,10 --format webp,jpg --out out'.split(' ');
    const made = ['-30.webp', '-30.jpg', '-10.webp', '-10.jpg'].flatMap((end) => `out/a${end}`);
    const all = [...made, ...made.map((name) => name.replace('/a', '/deep/b'))];
    const dry = await runCli([...args, '--dry-run'], '', folder);
    expect(dry).toMatchObject({ code: 0, stderr: '' });
    expect(dry.stdout.toString().trim().split('\n')).toEqual(all);
    expect(existsSync(join(folder, 'out'))).toBe(false);
    expect((await runCli(args, '', folder)).stdout.equals(dry.stdout)).toBe(true);
    for (const name of all) {
      const [, width, ending] = /-(\d+)\.(\w+)$/.exec(name) ?? [];
      const format = ending === 'jpg' ? 'jpeg' : ending;
      expect(await sharp(join(folder, name)).metadata()).toMatchObject({ width: Number(width), format });
    }
    rmSync(join(folder, 'out', 'a-10.jpg'));
    const again = await runCli([...args, '--skip-existing'], '', folder);
    expect(again).toMatchObject({
      code: 0,
      stderr: 'millrace: 7 results exist already, and were skipped\n',
    });
    expect(again.stdout.toString()).toBe('out/a-10.jpg\n');
  });

  test('a rendition never takes the name of another source’s', async () => {
    await sharp(join(folder, 'in', 'a.png')).toFile(join(folder, 'in', 'a-30.png'));
    const args = 'resize in --width 30,10 --out in'.split(' ');
    const { code, stdout, stderr } = await runCli(args, '', folder);
    expect(code).toBe(1);
    expect(stderr).toContain('in/a.png: would overwrite in/a-30.png, another source');
    expect(stdout.toString()).not.toContain('in/a-10.png');
  });

  test('fits, leaves small images alone, and tells what became of transparency', async () => {
    const clear = { width: 40, height: 20, channels: 4, background: '#00000000' } as const;
    await sharp({ create: clear }).png().toFile(join(folder, 'clear.png'));
    const args = 'resize clear.png --width 100 --height 100 --format jpg --out out'.split(' ');
    const corner = async () =>
      (
        await sharp(join(folder, 'out', 'clear.jpg'))
          .raw()
          .toBuffer()
      )
        .subarray(0, 3)
        .toString('hex');
    const plain = await runCli([...args, '--fit', 'inside', '--no-enlarge'], '', folder);
    expect(plain).toMatchObject({
      code: 0,
      stderr:
        'millrace: 1 image has an alpha channel, which JPEG can not keep: put on white (--background chooses)\n',
    });
    expect(await corner()).toBe('ffffff');
    expect(await sharp(join(folder, 'out', 'clear.jpg')).metadata()).toMatchObject({ width: 40, height: 20 });
    const red = await runCli([...args, '--fit', 'contain', '--background', '#f00'], '', folder);
    expect(red).toMatchObject({ code: 0, stderr: '' });
    expect(await corner()).toBe('fe0000');
    expect(await sharp(join(folder, 'out', 'clear.jpg')).metadata()).toMatchObject({
      width: 100,
      height: 100,
    });
    const none = await runCli([...args, '--background', 'nocolour'], '', folder);
    expect(none).toMatchObject({
      code: 2,
      stderr: expect.stringContaining("--background must be a colour that sharp knows, not 'nocolour'"),
    });
  });

  test('keeps metadata when asked to', async () => {
    const exif = { IFD0: { Copyright: 'Ada' } };
    await sharp(join(folder, 'in', 'a.png'))
      .withExif(exif)
      .jpeg()
      .toFile(join(folder, 'own.jpg'));
    const args = 'resize own.jpg --width 30,10 --out out'.split(' ');
    const kept = async () =>
      (await sharp(join(folder, 'out', 'own-10.jpg')).metadata()).exif?.includes('Ada') ?? false;
    expect((await runCli(args, '', folder)).code).toBe(0);
    expect(await kept()).toBe(false);
    expect((await runCli([...args, '--keep-metadata'], '', folder)).code).toBe(0);
    expect(await kept()).toBe(true);
  });

  test.each([
    [['resize', 'in', '--width', '30'], 'resize needs --out DIR'],
    [['resize', 'in', '--out', 'out'], 'resize needs --width, --height or --format'],
    [['resize', 'in', '--width', '1.5', '--out', 'out'], '--width must be a positive integer'],
    [['resize', 'in', '--width', '99999', '--out', 'out'], '--width must be an integer from 1 to 16383'],
    [
      ['resize', 'in', '--width', '5', '--quality', '101', '--out', 'out'],
      '--quality must be an integer from 1 to 100',
    ],
    [['resize', 'in', '--width', '5', '--format', 'bmp', '--out', 'out'], '--format must be one of'],
    [['resize', 'in', '--width', '5', '--fit', 'snug', '--out', 'out'], '--fit must be one of'],
    [['resize', 'in', '--width', '5,,6', '--out', 'out'], "--width has an empty item: '5,,6'"],
    [['resize', 'in', '--width', '5,0', '--out', 'out'], "--width must be a positive integer, not '0'"],
    [
      ['resize', 'in', '--width', '5', '--background', '1', '--out', 'out'],
      '--background must be a CSS colour',
    ],
  ])('%j is refused with exit code 2', async (args, message) => {
    const { code, stderr } = await runCli(args, '', folder);
    expect(code).toBe(2);
    expect(stderr).toContain(message);
  });
});
