import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterAll, describe, expect, test, vi } from 'vitest';
import { resize, variants } from '../../../src/tasks/ready-made/images.ts';
import type { VariantOptions } from '../../../src/tasks/ready-made/image-options.ts';

const folder = mkdtempSync(join(tmpdir(), 'millrace-variants-'));
afterAll(() => rmSync(folder, { recursive: true }));

const noise = { type: 'gaussian', mean: 128, sigma: 20 } as const;
const photo = await sharp({ create: { width: 400, height: 300, channels: 3, background: 'teal', noise } })
  .blur(3)
  .jpeg({ quality: 95 })
  .toBuffer();

/** Mean difference of two images' channels, 0 to 255. */
async function difference(one: Uint8Array, other: Uint8Array): Promise<number> {
  const [a, b] = await Promise.all([one, other].map((each) => sharp(each).raw().toBuffer()));
  expect(a?.length).toBe(b?.length);
  let sum = 0;
  a?.forEach((value, index) => (sum += Math.abs(value - (b?.[index] ?? 0))));
  return sum / (a?.length ?? 1);
}

/** The bytes that a pipeline of sharp decodes. */
function inputOf(pipeline: unknown): Buffer {
  const { buffer } = (pipeline as { options: { input: { buffer?: Uint8Array } } }).options.input;
  return Buffer.from(buffer ?? []);
}

describe('images.variants', () => {
  const sizes: VariantOptions[] = [
    { width: 200 },
    { width: 40, format: 'webp' },
    { height: 30, format: 'png' },
    { width: 50, height: 50 },
    { width: 50, height: 50, fit: 'contain', background: 'red', format: 'png' },
    { width: 80, height: 20, fit: 'fill' },
    { width: 80, height: 20, fit: 'inside' },
    { width: 80, height: 20, fit: 'outside' },
  ];

  test('makes what resize makes, in the order that was asked for', async () => {
    const made = await variants(photo, sizes);
    for (const [index, size] of sizes.entries()) {
      const one = await resize(photo, size);
      const other = made[index];
      expect(other).toMatchObject({ format: one.format, flattened: false });
      // sharp itself may be a pixel off the side that follows from the shape, when it has decoded to a smaller size.
      expect(Math.abs(one.width - (other?.width ?? 0))).toBeLessThanOrEqual(1);
      expect(Math.abs(one.height - (other?.height ?? 0))).toBeLessThanOrEqual(1);
      const sameSize = one.width === other?.width && one.height === other.height;
      if (!sameSize) continue;
      expect(await difference(one.data as Uint8Array, other.data as Uint8Array)).toBeLessThan(3);
    }
  });

  test('decodes the image once, for three widths in two formats', async () => {
    const toBuffer = vi.spyOn(sharp.prototype, 'toBuffer');
    const decoded = (): number =>
      toBuffer.mock.contexts.filter((pipeline) => photo.equals(inputOf(pipeline))).length;
    try {
      const six = [160, 80, 40].flatMap((width) => [
        { width, format: 'avif' } as const,
        { width, format: 'webp' } as const,
      ]);
      expect(await variants(photo, six)).toHaveLength(6);
      expect(decoded()).toBe(1);
      expect(toBuffer).toHaveBeenCalledTimes(1 + six.length);
      for (const size of six.slice(0, 2)) await resize(photo, size);
      expect(decoded()).toBe(3);
    } finally {
      toBuffer.mockRestore();
    }
  });

  test('enlarges from the whole image, and leaves it alone when asked to', async () => {
    const [large, small, own] = await variants(photo, [
      { width: 800 },
      { width: 10 },
      { width: 800, withoutEnlargement: true },
    ]);
    expect([large?.width, small?.width, own?.width]).toEqual([800, 10, 400]);
  });

  test('stands upright', async () => {
    const turned = await sharp(photo).withMetadata({ orientation: 6 }).toBuffer();
    const made = await variants(turned, [{ width: 30 }, { width: 60 }], { keepMetadata: true });
    expect(made.map(({ width, height }) => [width, height])).toEqual([
      [30, 40],
      [60, 80],
    ]);
    for (const { data } of made) {
      const { autoOrient } = await sharp(data as Uint8Array).metadata();
      expect(autoOrient.width).toBeLessThan(autoOrient.height);
    }
  });

  test('keeps metadata, and the colours of another profile, as resize does', async () => {
    const wide = await sharp(photo)
      .withExif({ IFD0: { Copyright: 'Ada' } })
      .withIccProfile('p3')
      .toBuffer();
    for (const keepMetadata of [true, false]) {
      const one = await resize(wide, { width: 100, keepMetadata });
      const [other] = await variants(wide, [{ width: 100 }, { width: 50 }], { keepMetadata });
      const [a, b] = [one.data as Uint8Array, other?.data as Uint8Array];
      for (const each of [a, b]) {
        const { exif, icc } = await sharp(each).metadata();
        expect(exif?.includes('Ada') ?? false).toBe(keepMetadata);
        expect(icc !== undefined).toBe(keepMetadata);
      }
      expect(await difference(a, b)).toBeLessThan(3);
    }
  });

  test('what is transparent shows the background where the format has no alpha', async () => {
    const clear = await sharp({ create: { width: 20, height: 20, channels: 4, background: '#0000' } })
      .png()
      .toBuffer();
    const made = await variants(clear, [
      { width: 10, format: 'jpeg' },
      { width: 10, format: 'jpeg', background: '#00f' },
      { width: 10, format: 'png' },
    ]);
    expect(made.map(({ flattened }) => flattened)).toEqual([true, true, false]);
    const colours = await Promise.all(
      made.map(async ({ data }) => [...(await sharp(data).raw().toBuffer()).subarray(0, 4)]),
    );
    expect(colours).toEqual([
      [255, 255, 255, 255],
      [0, 0, 254, 0],
      [0, 0, 0, 0],
    ]);
    await expect(resize(clear, { width: 10, format: 'jpeg', background: 'nocolour' })).rejects.toMatchObject({
      code: 'ERR_MILLRACE_INVALID_OPTION',
      option: 'background',
    });
  });

  test('writes each to its file, and refuses its own input', async () => {
    const [input, to] = [join(folder, 'in.jpg'), join(folder, 'out.webp')];
    writeFileSync(input, photo);
    const made = await variants(input, [{ width: 10, to, format: 'webp' }, { width: 20 }]);
    expect(made.map(({ data }) => data === undefined)).toEqual([true, false]);
    expect(await sharp(readFileSync(to)).metadata()).toMatchObject({ format: 'webp', width: 10 });
    await expect(variants(input, [{ width: 10 }, { width: 20, to: input }])).rejects.toMatchObject({
      code: 'ERR_MILLRACE_SAME_FILE',
    });
  });

  test.each([
    [[], 'variants'],
    ['no array', 'variants'],
    [[{ width: 10 }, {}], 'width'],
    [[{ width: 10, maxBytes: 5 }], 'maxBytes'],
    [[{ width: 10, background: 'url(x)' }], 'background'],
  ])('%j is refused', async (given, option) => {
    await expect(variants(photo, given as never)).rejects.toMatchObject({ option });
  });

  test('a side that follows from the shape is bounded for each', async () => {
    const thin = await sharp({ create: { width: 1, height: 9000, channels: 3, background: 'red' } })
      .png()
      .toBuffer();
    await expect(variants(thin, [{ width: 1 }, { width: 2 }])).rejects.toMatchObject({
      code: 'ERR_MILLRACE_IMAGE_TOO_LARGE',
    });
  });
});
