import { gzipSync } from 'node:zlib';
import fc from '../../support/fast-check.ts';
import sharp from 'sharp';
import { describe, expect, test } from 'vitest';
import { resize } from '../../../src/tasks/ready-made/images.ts';
import { rasterFormat } from '../../../src/tasks/ready-made/raster-format.ts';

const picture = sharp({ create: { width: 40, height: 30, channels: 3, background: '#369' } });
const raster = await Promise.all(
  (['jpeg', 'png', 'webp', 'gif', 'tiff', 'avif'] as const).map((format) =>
    picture.toFormat(format).toBuffer(),
  ),
);
const latin1 = (text: string): Buffer => Buffer.from(text, 'latin1');
const swapped = (text: string): Buffer => Buffer.from(`\ufeff${text}`, 'utf16le').swap16();

const svg = '<svg xmlns="http://www.w3.org/2000/svg" width="10" height="10"><g/></svg>';
/** What libvips, as sharp or as somebody else has built it, gives to loaders that are not wanted here. */
const others = [
  latin1(svg),
  latin1(`<?xml version="1.0"?><!DOCTYPE svg>${svg}`),
  latin1(`\xef\xbb\xbf${svg}`),
  Buffer.from(`\ufeff${svg}`, 'utf16le'),
  swapped(svg),
  latin1(' '.repeat(40) + svg),
  gzipSync(svg),
  gzipSync(svg + ' '.repeat(2000), { level: 0 }),
  latin1('%PDF-1.7\n1 0 obj<</Type/Catalog>>endobj'),
  latin1(' '.repeat(16) + '%PDF-1.7\n'),
  latin1('P6 2 2 255\n' + 'x'.repeat(12)),
  latin1('#?RADIANCE\n'),
  latin1('\xff\x0a\x00\x00'),
  latin1('\0\0\0\x0cjP  \r\n\x87\n'),
  latin1('SIMPLE  =                    T'),
  latin1('\x08\xf2\xa6\xb6' + '\0'.repeat(80)),
  latin1('BM\x46\0\0\0\0\0\0\0\x36\0\0\0'),
  latin1('8BPS\0\x01'),
  latin1('%!PS-Adobe-3.0 EPSF-3.0'),
  latin1('push graphic-context\nviewbox 0 0 9 9\n'),
];

/** Signs of formats, wanted and not, and where they are looked for. */
const signs: readonly (readonly [number, string])[] = [
  [0, '\xff\xd8\xff'],
  [0, '\x89PNG\r\n\x1a\n'],
  [0, 'GIF8'],
  [0, 'GIF89a'],
  [0, 'RIFF'],
  [8, 'WEBP'],
  [8, 'WEBPVP8 '],
  [4, 'ftyp'],
  [4, 'ftypavif'],
  [4, 'ftypheic'],
  [4, 'ftypavis'],
  [0, '\0\0\0\x1cftypmif1'],
  [0, '\0\0\0\x0cftypavif'],
  [0, 'II*\0'],
  [0, 'MM\0*'],
  [0, 'II+\0\x08\0\0\0'],
  [0, '\x1f\x8b\x08'],
  [0, '<svg'],
  [16, svg],
  [30, svg],
];

type Edit = (bytes: Buffer) => Buffer;
const edit: fc.Arbitrary<Edit> = fc.oneof(
  fc.constantFrom(...signs).map(
    ([offset, sign]): Edit =>
      (bytes) => {
        const longer = Buffer.alloc(Math.max(bytes.length, offset + sign.length));
        bytes.copy(longer);
        longer.write(sign, offset, 'latin1');
        return longer;
      },
  ),
  fc.tuple(fc.nat(31), fc.nat(255)).map(
    ([at, byte]): Edit =>
      (bytes) => {
        const changed = Buffer.from(bytes);
        if (at < changed.length) changed[at] = byte;
        return changed;
      },
  ),
  fc.nat(64).map(
    (length): Edit =>
      (bytes) =>
        bytes.subarray(0, length),
  ),
  fc.constantFrom(...others, ...raster).map(
    (more): Edit =>
      (bytes) =>
        Buffer.concat([bytes, more]),
  ),
  fc.tuple(fc.nat(32), fc.constantFrom(...others)).map(
    ([at, more]): Edit =>
      (bytes) =>
        Buffer.concat([bytes.subarray(0, at), more, bytes.subarray(at)]),
  ),
);
const mutant = fc
  .tuple(fc.constantFrom(...raster, ...others), fc.array(edit, { maxLength: 4 }))
  .map(([bytes, edits]) => edits.reduce((edited, change) => change(edited), bytes));

/** What libvips makes of bytes: the format of the loader that it took, or that loader's complaint. */
const judge = (bytes: Buffer): Promise<string> =>
  sharp(bytes)
    .metadata()
    .then(
      ({ format }) => format,
      (error: Error) => error.message,
    );

describe('rasterFormat', () => {
  test('knows every format that is written, and what cameras write', async () => {
    expect(raster.map(rasterFormat)).toEqual(['jpeg', 'png', 'webp', 'gif', 'tiff', 'heif']);
    const lossless = await picture.webp({ lossless: true }).toBuffer();
    const animated = await picture.ensureAlpha().webp().toBuffer();
    const large = await picture.tiff({ bigtiff: true }).toBuffer();
    expect([lossless, animated, large].map(rasterFormat)).toEqual(['webp', 'webp', 'tiff']);
    expect(rasterFormat(latin1('MM\0*\0\0\0\x08\0\0'))).toBe('tiff');
    expect(rasterFormat(latin1('MM\0+\0\x08\0\0\0\0\0\0\0\0\0\x10'))).toBe('tiff');
    expect(rasterFormat(latin1('\0\0\0\x18ftypheic\0\0\0\0mif1heic'))).toBe('heif');
  });

  test('does not know one by half of its signature, or by one in the midst', () => {
    for (const bytes of [
      '',
      '\xff\xd8',
      'GIF88a',
      '....WEBPVP8 ',
      'RIFF....WAVEfmt ',
      '\x1f\x8b\x08\0ftypavif\0\0\0\0mif1',
      '\0\0\0\x18ftypqt  \0\0\0\0qt  ',
      '\0\0\0\x18ftypavis\0\0\0\0mif1msf1',
      '\0\0\0\x0cftypavif\0\0\0\0mif1mif1',
      '\0\0\0\x19ftypavif\0\0\0\0mif1mif1.',
      '\0\0\0\x18ftypavif',
      'II*\x08',
      'MM*\0',
    ]) {
      expect(rasterFormat(latin1(bytes)), JSON.stringify(bytes)).toBeUndefined();
    }
  });

  test('whatever it lets through libvips gives to the loader of that format, or refuses', async () => {
    await fc.assert(
      fc.asyncProperty(mutant, async (bytes) => {
        const format = rasterFormat(bytes);
        if (format === undefined) return;
        const verdict = await judge(bytes);
        if (verdict !== format)
          expect(verdict).toMatch(
            /^Input buffer (?:has corrupt header|contains unsupported image format)|pixel limit/,
          );
        expect(verdict).not.toMatch(/svg|xml|pdf|magick/i);
      }),
      { numRuns: 3000 },
    );
  });
});

test('an SVG in gzip with the sign of AVIF in its time stamp is refused before it is unpacked', async () => {
  const bomb = gzipSync(
    `<svg xmlns="http://www.w3.org/2000/svg" width="1" height="1">${'<g/>'.repeat(1000)}</svg>`,
  );
  bomb.write('ftyp', 4, 'latin1');
  expect(await judge(bomb)).toBe('svg');
  const refused = {
    code: 'ERR_MILLRACE_NOT_AN_IMAGE',
    message: expect.stringContaining('not an image of an accepted format'),
  };
  await expect(resize(bomb, { width: 1, maxPixels: 100, maxBytes: 4096 })).rejects.toMatchObject(refused);
});

test.each(['jpeg', 'png', 'webp', 'gif', 'tiff', 'avif'] as const)(
  'maxPixels is asked before %s is decoded, whatever its frames',
  async (format) => {
    const still = await picture.toFormat(format).toBuffer();
    const tooLarge = { code: 'ERR_MILLRACE_IMAGE_TOO_LARGE' };
    await expect(resize(still, { width: 10, maxPixels: 1199 })).rejects.toMatchObject(tooLarge);
    expect(await resize(still, { width: 10, maxPixels: 1200 })).toMatchObject({ width: 10 });
    if (format !== 'gif' && format !== 'webp' && format !== 'tiff') return;
    const frames = ['#f00', '#0f0', '#00f'].map((tint) => picture.clone().tint(tint).png().toBuffer());
    const animation = await sharp(await Promise.all(frames), { join: { animated: true } })
      .toFormat(format)
      .toBuffer();
    expect((await sharp(animation).metadata()).pages ?? 1).toBe(3);
    await expect(resize(animation, { width: 10, maxPixels: 1199 })).rejects.toMatchObject(tooLarge);
    expect(await resize(animation, { width: 10, maxPixels: 1200 })).toMatchObject({ width: 10, height: 8 });
  },
);
