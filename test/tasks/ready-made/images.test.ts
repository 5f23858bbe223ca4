import { execFileSync } from 'node:child_process';
import {
  linkSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import sharp from 'sharp';
import type { Sharp } from 'sharp';
import { afterAll, describe, expect, test } from 'vitest';
import { metadata, resize } from '../../../src/tasks/ready-made/images.ts';
import type { ResizeOptions } from '../../../src/tasks/ready-made/image-options.ts';

const directory = mkdtempSync(join(tmpdir(), 'millrace-images-'));
const at = (name: string): string => join(directory, name);

function file(name: string, content: string | Uint8Array): string {
  writeFileSync(at(name), content);
  return at(name);
}

/** Noise: an even colour would make files too small to cut in the middle. */
function picture(width: number, height: number): Sharp {
  const noise = { type: 'gaussian', mean: 128, sigma: 40 } as const;
  return sharp({ create: { width, height, channels: 3, background: 'black', noise } });
}

const jpeg = await picture(120, 80).jpeg().toBuffer();

afterAll(() => rmSync(directory, { recursive: true, force: true }));

describe('resize', () => {
  test('returns the encoded image and its facts', async () => {
    const image = await resize(jpeg, { width: 60 });
    expect(image).toMatchObject({ format: 'jpeg', width: 60, height: 40, size: image.data?.byteLength });
    expect(await sharp(image.data).metadata()).toMatchObject({ format: 'jpeg', width: 60, height: 40 });
  });

  test('reads a path, also one with brackets, which libvips takes for options', async () => {
    expect(await resize(file('a.jpg[page=2]', jpeg), { height: 20 })).toMatchObject({
      width: 30,
      height: 20,
    });
  });

  test.each([
    ['cover', 50, 50],
    ['contain', 50, 50],
    ['fill', 50, 50],
    ['inside', 50, 33],
    ['outside', 75, 50],
  ] as const)('fit %s', async (fit, width, height) => {
    expect(await resize(jpeg, { width: 50, height: 50, fit })).toMatchObject({ width, height });
  });

  test.each(['jpeg', 'png', 'webp', 'avif', 'gif', 'tiff'] as const)(
    'writes %s, and reads it',
    async (format) => {
      const { data } = await resize(jpeg, { width: 30, format });
      expect(await resize(data as Uint8Array, { width: 15 })).toMatchObject({
        format,
        width: 15,
        height: 10,
      });
    },
  );

  test('quality makes it smaller', async () => {
    const [low, high] = await Promise.all([
      resize(jpeg, { width: 100, quality: 10 }),
      resize(jpeg, { width: 100, quality: 95 }),
    ]);
    expect(low.size).toBeLessThan(high.size);
  });

  test('withoutEnlargement leaves a smaller image as it is', async () => {
    expect(await resize(jpeg, { width: 500, withoutEnlargement: true })).toMatchObject({
      width: 120,
      height: 80,
    });
    expect(await resize(jpeg, { width: 240 })).toMatchObject({ width: 240, height: 160 });
  });

  test('turns the image upright by its EXIF orientation', async () => {
    const turned = await picture(120, 80).withMetadata({ orientation: 6 }).jpeg().toBuffer();
    expect(await resize(turned, { width: 40 })).toMatchObject({ width: 40, height: 60 });
    expect(await metadata(turned)).toMatchObject({ width: 80, height: 120 });
  });
});

describe('to a file', () => {
  test('writes it, returns no bytes and leaves nothing beside it', async () => {
    mkdirSync(at('out'));
    const to = at('out/a.webp');
    const image = await resize(jpeg, { width: 60, format: 'webp', to });
    expect(image).toMatchObject({ width: 60, height: 40, data: undefined });
    expect(readFileSync(to)).toHaveLength(image.size);
    expect(readdirSync(at('out'))).toEqual(['a.webp']);
  });

  test('replaces what was there, and keeps it if the input is damaged', async () => {
    const to = file('kept.jpg', 'what was there');
    await expect(resize(jpeg.subarray(0, jpeg.length / 2), { width: 60, to })).rejects.toMatchObject({
      code: 'ERR_MILLRACE_NOT_AN_IMAGE',
    });
    expect(readFileSync(to, 'utf8')).toBe('what was there');
    await resize(jpeg, { width: 60, to });
    expect(await metadata(to)).toMatchObject({ width: 60 });
  });

  test.each([
    ['a directory', 'taken', 'EISDIR'],
    ['a place that does not exist', 'none/a.jpg', 'ENOENT'],
  ])('%s is the platform’s error and leaves no file', async (_, name, code) => {
    mkdirSync(at('parent/taken'), { recursive: true });
    await expect(resize(jpeg, { width: 60, to: at(`parent/${name}`) })).rejects.toMatchObject({ code });
    expect(readdirSync(at('parent'))).toEqual(['taken']);
  });

  test('never overwrites its input: by the same path, a hard link or a symbolic link', async () => {
    const input = file('input.jpg', jpeg);
    linkSync(input, at('hard.jpg'));
    symlinkSync(input, at('soft.jpg'));
    for (const to of [input, `${directory}/./input.jpg`, at('hard.jpg'), at('soft.jpg')]) {
      await expect(resize(input, { width: 60, to })).rejects.toMatchObject({
        code: 'ERR_MILLRACE_SAME_FILE',
      });
    }
    await expect(resize(at('soft.jpg'), { width: 60, to: input })).rejects.toMatchObject({
      code: 'ERR_MILLRACE_SAME_FILE',
    });
    expect(readFileSync(input)).toEqual(jpeg);
  });
});

const notAnImage = (name: string) => ({
  code: 'ERR_MILLRACE_NOT_AN_IMAGE',
  message: expect.stringContaining(name),
});

describe('untrusted input', () => {
  test('text in a file named .jpg', async () => {
    const path = file('text.jpg', 'this is no image');
    await expect(resize(path, { width: 10 })).rejects.toMatchObject(notAnImage(path));
    await expect(metadata(path)).rejects.toMatchObject(notAnImage(path));
  });

  test('a truncated JPEG', async () => {
    const path = file('truncated.jpg', jpeg.subarray(0, jpeg.length / 2));
    await expect(resize(path, { width: 10 })).rejects.toMatchObject(notAnImage(path));
  });

  test('SVG, PDF and nothing at all', async () => {
    const svg = '<svg xmlns="http://www.w3.org/2000/svg" width="10" height="10"/>';
    for (const bytes of [svg, `<?xml version="1.0"?>${svg}`, '%PDF-1.7\n', '']) {
      await expect(resize(Buffer.from(bytes), { width: 10 })).rejects.toMatchObject(notAnImage('the image'));
    }
  });

  test('more pixels than maxPixels: a PNG that declares 50,000 × 50,000', async () => {
    const bomb = pngHeader(50_000, 50_000);
    await expect(resize(bomb, { width: 10 })).rejects.toMatchObject({ code: 'ERR_MILLRACE_IMAGE_TOO_LARGE' });
    await expect(metadata(bomb)).rejects.toMatchObject({ code: 'ERR_MILLRACE_IMAGE_TOO_LARGE' });
    await expect(resize(jpeg, { width: 10, maxPixels: 9599 })).rejects.toMatchObject({
      code: 'ERR_MILLRACE_IMAGE_TOO_LARGE',
    });
    expect(await resize(jpeg, { width: 60, maxPixels: 9600 })).toMatchObject({ width: 60 });
  });

  test('more bytes than maxBytes, in a file or not', async () => {
    const maxBytes = jpeg.length - 1;
    for (const input of [jpeg, file('heavy.jpg', jpeg)]) {
      await expect(metadata(input, { maxBytes })).rejects.toMatchObject({
        code: 'ERR_MILLRACE_IMAGE_TOO_LARGE',
      });
      expect(await metadata(input, { maxBytes: jpeg.length })).toMatchObject({ width: 120 });
    }
  });

  test('a shape that would blow up the side that was not given', async () => {
    const thin = await picture(1, 16_000).png().toBuffer();
    const refused = { code: 'ERR_MILLRACE_IMAGE_TOO_LARGE', message: expect.stringContaining('1600000') };
    await expect(resize(thin, { width: 100 })).rejects.toMatchObject(refused);
    await expect(resize(thin, { width: 100, height: 100, fit: 'outside' })).rejects.toMatchObject(refused);
    expect(await resize(thin, { width: 100, withoutEnlargement: true })).toMatchObject({ width: 1 });
    expect(await resize(thin, { width: 100, height: 100, fit: 'inside' })).toMatchObject({ height: 100 });
    expect(await resize(thin, { width: 100, height: 100 })).toMatchObject({ width: 100, height: 100 });
  });

  test.runIf(process.platform !== 'win32')('a pipe that nobody writes to, and a device', async () => {
    execFileSync('mkfifo', [at('pipe.jpg')]);
    const refused = { code: 'ERR_MILLRACE_NOT_A_REGULAR_FILE' };
    await expect(resize(at('pipe.jpg'), { width: 10 })).rejects.toMatchObject(refused);
    await expect(resize('/dev/zero', { width: 10 })).rejects.toMatchObject(refused);
  });

  test('a missing file and a directory, with the platform’s error', async () => {
    await expect(resize(at('missing.jpg'), { width: 10 })).rejects.toMatchObject({ code: 'ENOENT' });
    await expect(resize(directory, { width: 10 })).rejects.toMatchObject({ code: 'EISDIR', path: directory });
  });

  test.each([[undefined], [null], [{}], [1], [new ArrayBuffer(8)]])(
    'an input of another type: %o',
    async (input) => {
      await expect(resize(input as never, { width: 10 })).rejects.toMatchObject({
        option: 'input',
        value: input,
      });
    },
  );
});

describe('options', () => {
  test.each<[string, unknown]>([
    ['width', 0],
    ['width', 1.5],
    ['width', 16_384],
    ['height', '10'],
    ['height', Number.NaN],
    ['fit', 'stretch'],
    ['format', 'bmp'],
    ['quality', 0],
    ['quality', 101],
    ['withoutEnlargement', 'yes'],
    ['to', ''],
    ['maxPixels', 0],
    ['maxBytes', -1],
    ['colour', 'red'],
  ])('%s: %o is refused by name and value', async (option, value) => {
    const options = { width: 10, [option]: value } as ResizeOptions;
    const refused = { option, value, message: expect.stringContaining(option) };
    await expect(resize(jpeg, options)).rejects.toMatchObject(refused);
  });

  test('neither width nor height', async () => {
    await expect(resize(jpeg, {})).rejects.toMatchObject({ option: 'width' });
  });
});

describe('metadata', () => {
  test('of still images', async () => {
    const png = await picture(7, 9).ensureAlpha().png().toBuffer();
    const expected = { format: 'png', width: 7, height: 9, channels: 4, hasAlpha: true, pages: 1 };
    expect(await metadata(png)).toEqual(expected);
    expect(await metadata(file('meta.jpg', jpeg))).toMatchObject({
      format: 'jpeg',
      channels: 3,
      hasAlpha: false,
    });
  });
});

/** A PNG's signature, its header and no pixels. */
function pngHeader(width: number, height: number): Buffer {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set([8, 2, 0, 0, 0], 8);
  const signature = Buffer.from('\x89PNG\r\n\x1a\n', 'latin1');
  const none = Buffer.alloc(0);
  return Buffer.concat([signature, pngChunk('IHDR', header), pngChunk('IDAT', none), pngChunk('IEND', none)]);
}

function pngChunk(type: string, data: Buffer): Buffer {
  const chunk = Buffer.alloc(data.length + 12);
  chunk.writeUInt32BE(data.length, 0);
  chunk.write(type, 4, 'latin1');
  data.copy(chunk, 8);
  chunk.writeUInt32BE(crc32(chunk.subarray(4, data.length + 8)), data.length + 8);
  return chunk;
}

test('what libvips says of a damaged image is told once', async () => {
  const heic = Buffer.from('\0\0\0\x18ftypheic\0\0\0\0mif1heic', 'latin1');
  const error: unknown = await resize(heic, { width: 10 }).catch((reason: unknown) => reason);
  expect(error).toMatchObject({ code: 'ERR_MILLRACE_NOT_AN_IMAGE', damaged: true });
  const said = (error as Error).message.split('; ');
  expect(said).toEqual([...new Set(said)]);
  expect(said.join()).not.toMatch(/bad seek|\n/);
});

test('a HEIC that can’t be decoded is told from a damaged image', async () => {
  // 16 × 16 pixels in HEVC, which the prebuilt sharp has no decoder for.
  const heic = Buffer.from(
    'AAAAHGZ0eXBoZWljAAAAAG1pZjFoZWljbWlhZgAAAa1tZXRhAAAAAAAAACFoZGxyAAAAAAAAAABwaWN0AAAAAAAAAAAAAAAAAAAAAA5waXRtAAAAAAACAAAAEGlkYXQAAAAAABAAEAAAADhpbG9jAQAAAERAAAIAAQAAAAAAAAHRAAEAAAAAAAAAJwACAAEAAAAAAAAAAQAAAAAAAAAIAAAAOGlpbmYAAAAAAAIAAAAVaW5mZQIAAAEAAQAAaHZjMQAAAAAVaW5mZQIAAAAAAgAAZ3JpZAAAAADYaXBycAAAALZpcGNvAAAAdmh2Y0MBA3AAAAAAAAAAAAAe8AD8/fj4AAAPAyAAAQAYQAEMAf//A3AAAAMAkAAAAwAAAwAeugJAIQABACpCAQEDcAAAAwCQAAADAAADAB6gIIEFluqumubgQEDAgAAAAwCAAAADAIQiAAEABkQBwXPBiQAAABRpc3BlAAAAAAAAAEAAAABAAAAAFGlzcGUAAAAAAAAAEAAAABAAAAAQcGl4aQAAAAADCAgIAAAAGmlwbWEAAAAAAAAAAgABAoECAAICA4QAAAAaaXJlZgAAAAAAAAAOZGltZwACAAEAAQAAAC9tZGF0AAAAIygBrwQSE4zg+OnCaD/dUfxalbSe8n7QqyvjSZ93sRiSqf+g',
    'base64',
  );
  await expect(resize(heic, { width: 10 })).rejects.toMatchObject({
    code: 'ERR_MILLRACE_IMAGE_UNSUPPORTED',
    message: expect.stringContaining('HEVC'),
  });
});
