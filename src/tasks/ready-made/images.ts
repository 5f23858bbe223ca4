import { randomUUID } from 'node:crypto';
import { renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Metadata, Sharp as Pipeline } from 'sharp';
import { InvalidOptionError } from '../../base/errors.ts';
import { show } from '../../base/options.ts';
import { decodeOnce, scaleOf } from './decode-once.ts';
import { checkLimits, checkResize, checkVariants, maxSide, outputFormats } from './image-options.ts';
import type {
  CheckedVariantsOptions,
  ImageLimits,
  OutputFormat,
  ResizeOptions,
  VariantOptions,
  VariantsOptions,
} from './image-options.ts';
import { imageError, readSource, refuseSameFile } from './image-source.ts';
import type { ImageInput, ImageSource } from './image-source.ts';
import { loadSharp } from './load-sharp.ts';

/*
 * A task module on sharp (libvips). Input is taken as untrusted: only raster formats, bounded pixels and bytes, and
 * damaged files are refused.
 */

export type { ImageInput } from './image-source.ts';

export interface ResizedImage {
  readonly format: OutputFormat;
  /** Pixels. */
  readonly width: number;
  readonly height: number;
  /** Bytes of the encoded image. */
  readonly size: number;
  /** The input has an alpha channel and the format has none: it was put on the background. */
  readonly flattened: boolean;
  /** The encoded image, the caller's to keep; undefined if it was written to a file. */
  readonly data: Uint8Array | undefined;
}

export interface ImageMetadata {
  readonly format: string;
  /** Pixels, as they are shown: turned by the EXIF orientation. */
  readonly width: number;
  readonly height: number;
  readonly channels: number;
  readonly hasAlpha: boolean;
  /** Frames or pages; 1 for a still image. */
  readonly pages: number;
}

/**
 * Resizes an image, upright by its EXIF orientation; other metadata is dropped unless `keepMetadata`. Of an animation, the
 * first frame.
 *
 * @throws {InvalidOptionError} for a bad option; an error with `code` `'ERR_NOT_AN_IMAGE'` for what is no raster image or
 *   is damaged (then with `damaged: true`), `'ERR_IMAGE_UNSUPPORTED'` for one in a compression that this sharp can't decode
 *   (HEIC), `'ERR_IMAGE_TOO_LARGE'` beyond `maxPixels` or `maxBytes` or for a result with a side of more than 16,383
 *   pixels, `'ERR_SAME_FILE'` if `to` is the input, `'ERR_NOT_A_REGULAR_FILE'` for a pipe, socket or device;
 *   `PeerError` without sharp, or with one before 0.34; the platform's error for a path that can't be read or written.
 */
export async function resize(input: ImageInput, options: ResizeOptions): Promise<ResizedImage> {
  const [variant, rest] = checkResize(options);
  const [image] = await make(input, [variant], rest);
  return image as ResizedImage;
}

/**
 * Makes several images of one, which is decoded once: to the size that the largest of them needs, which is held in memory
 * meanwhile. They come in the order of `variants`. If one fails, those before it may have been written.
 *
 * @throws what `resize` throws.
 */
export async function variants(
  input: ImageInput,
  variants: readonly VariantOptions[],
  options: VariantsOptions = {},
): Promise<ResizedImage[]> {
  return make(input, ...checkVariants(variants, options));
}

async function make(
  input: ImageInput,
  variants: readonly VariantOptions[],
  { keepMetadata, ...limits }: CheckedVariantsOptions,
): Promise<ResizedImage[]> {
  const { source, pipeline, metadata } = await open(input, limits);
  for (const variant of variants) {
    if (variant.to !== undefined) refuseSameFile(source, variant.to);
    refuseLongSide(source, metadata, variant);
  }
  pipeline.autoOrient();
  if (keepMetadata) pipeline.keepMetadata();
  const next = await copies(pipeline, source, metadata, variants);
  const images: ResizedImage[] = [];
  for (const variant of variants) {
    const own = next();
    if (keepMetadata) own.keepMetadata();
    images.push(await makeOne(own, source, metadata, variant));
  }
  return images;
}

/** Where each variant begins: a single one with the input, so that it is decoded and resized in one go. */
async function copies(
  pipeline: Pipeline,
  source: ImageSource,
  metadata: Metadata,
  variants: readonly VariantOptions[],
): Promise<() => Pipeline> {
  if (variants.length === 1) return () => pipeline;
  const decoded = await refuseDamaged(decodeOnce(pipeline, metadata, variants), source);
  return () => decoded.clone();
}

async function makeOne(
  pipeline: Pipeline,
  source: ImageSource,
  metadata: Metadata,
  { to, format, quality, background, ...size }: VariantOptions,
): Promise<ResizedImage> {
  const output = format ?? writable(metadata);
  const flattened = metadata.hasAlpha && output === 'jpeg';
  try {
    if (flattened) pipeline.flatten({ background: background ?? 'white' });
    pipeline.resize({ ...size, ...(background !== undefined && { background }) });
  } catch (cause) {
    if (background === undefined) throw cause;
    throw new InvalidOptionError('background', background, `background is no colour: ${show(background)}`);
  }
  pipeline.toFormat(output, quality === undefined ? {} : { quality });
  // Encoded to memory even for a file: an error from here is the image's, and one from writing is the platform's.
  const encoded = pipeline.toBuffer({ resolveWithObject: true });
  const { data, info } = await refuseDamaged(encoded, source);
  if (to !== undefined) write(data, to);
  const image = { format: output, width: info.width, height: info.height, size: data.byteLength, flattened };
  return { ...image, data: to === undefined ? data : undefined };
}

/** What an image is, by its header. Throws what `resize` throws, but does not see damage behind the header. */
export async function metadata(input: ImageInput, limits: ImageLimits = {}): Promise<ImageMetadata> {
  const { metadata: found } = await open(input, checkLimits(limits));
  const { format, autoOrient, channels, hasAlpha, pages = 1 } = found;
  return { format, width: autoOrient.width, height: autoOrient.height, channels, hasAlpha, pages };
}

interface OpenImage {
  readonly source: ImageSource;
  readonly pipeline: Pipeline;
  readonly metadata: Metadata;
}

async function open(input: ImageInput, limits: Required<ImageLimits>): Promise<OpenImage> {
  const { maxPixels, maxBytes } = limits;
  const source = readSource(input, maxBytes);
  const sharp = await loadSharp();
  const options = { limitInputPixels: maxPixels, failOn: 'warning', sequentialRead: true } as const;
  const pipeline = sharp(source.bytes, options);
  const metadata = await refuseDamaged(pipeline.metadata(), source);
  const { format, width, height } = metadata;
  if (format !== source.format) {
    throw imageError('ERR_NOT_AN_IMAGE', `${source.name} begins like ${source.format}, and is ${format}`);
  }
  if (width * height > maxPixels) {
    const pixels = `${width} × ${height} pixels, more than maxPixels (${maxPixels})`;
    throw imageError('ERR_IMAGE_TOO_LARGE', `${source.name} has ${pixels}`);
  }
  return { source, pipeline, metadata };
}

/**
 * The side that follows from the shape is the input's to choose: a PNG of 434 bytes, 1 × 16,000, asks for 1.6 million
 * rows at a width of 100.
 */
function refuseLongSide(source: ImageSource, metadata: Metadata, variant: VariantOptions): void {
  const { width, height, fit } = variant;
  if (width !== undefined && height !== undefined && fit !== 'outside') return;
  const { width: across, height: down } = metadata.autoOrient;
  const longest = Math.round(Math.max(across, down) * scaleOf(metadata, variant));
  if (longest <= maxSide) return;
  const message = `${source.name} would have a side of ${longest} pixels, more than ${maxSide}`;
  throw imageError('ERR_IMAGE_TOO_LARGE', message);
}

/**
 * Beside the target and then renamed: nobody ever sees half a file, and a failure leaves none. Only a thread that is
 * ended just here leaves its `.part` behind.
 */
function write(data: Uint8Array, to: string): void {
  const partial = join(dirname(to), `.${randomUUID()}.part`);
  try {
    writeFileSync(partial, data, { flag: 'wx' });
    renameSync(partial, to);
  } catch (error) {
    rmSync(partial, { force: true });
    throw error;
  }
}

/** sharp's errors have no code. All that it is given here is an image, so they are about that. */
async function refuseDamaged<T>(result: Promise<T>, { name }: ImageSource): Promise<T> {
  try {
    return await result;
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    if (/exceeds pixel limit|is too large for the/i.test(reason)) {
      throw imageError('ERR_IMAGE_TOO_LARGE', `${name}: ${reason}`, cause);
    }
    if (/compression format has not been built in|unsupported codec/i.test(reason)) {
      const message = `${name} is a HEIC or AVIF image in a compression that this build of sharp can't decode (HEVC, as a rule)`;
      throw imageError('ERR_IMAGE_UNSUPPORTED', message, cause);
    }
    const error = imageError('ERR_NOT_AN_IMAGE', `${name} is not an image, or is damaged: ${reason}`, cause);
    throw Object.assign(error, { damaged: true });
  }
}

function writable({ format, compression }: Metadata): OutputFormat {
  if (compression === 'av1') return 'avif';
  return (outputFormats as readonly string[]).includes(format) ? (format as OutputFormat) : 'png';
}
