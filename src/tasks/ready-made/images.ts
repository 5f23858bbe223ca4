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
 * A task module on sharp (libvips). It treats input as untrusted: it accepts only raster formats, bounds pixels and bytes, and
 * refuses damaged files.
 */

export type { ImageInput } from './image-source.ts';

/** A resulting image. */
export interface ResizedImage {
  readonly format: OutputFormat;
  /** Pixels. */
  readonly width: number;
  /** Pixels. */
  readonly height: number;
  /** Bytes of the encoded image. */
  readonly size: number;
  /** True if the input has an alpha channel and the format has none: the image was put on the background. */
  readonly flattened: boolean;
  /** The encoded image, which the caller owns; undefined if it was written to a file. */
  readonly data: Uint8Array | undefined;
}

/** What the header of an image tells. */
export interface ImageMetadata {
  /** The format, as sharp names it. */
  readonly format: string;
  /** Pixels, after the EXIF orientation has been applied. */
  readonly width: number;
  /** Pixels, after the EXIF orientation has been applied. */
  readonly height: number;
  /** Bands of the image: 3 for sRGB, 4 with an alpha channel. */
  readonly channels: number;
  readonly hasAlpha: boolean;
  /** Frames or pages; 1 for a still image. */
  readonly pages: number;
}

/**
 * Resizes an image. It applies the EXIF orientation, and drops other metadata unless `keepMetadata`. Of an animation it takes the
 * first frame.
 *
 * @throws {InvalidOptionError} for a bad option; an error with `code` `'ERR_MILLRACE_NOT_AN_IMAGE'` for an input that is not a raster
 *   image or is damaged (then with `damaged: true`), `'ERR_MILLRACE_IMAGE_UNSUPPORTED'` for a compression that this sharp can't decode
 *   (HEIC), `'ERR_MILLRACE_IMAGE_TOO_LARGE'` beyond `maxPixels` or `maxBytes` or for a result with a side of more than 16,383
 *   pixels, `'ERR_MILLRACE_SAME_FILE'` if `to` is the input, `'ERR_MILLRACE_NOT_A_REGULAR_FILE'` for a pipe, socket or device;
 *   `PeerError` without sharp, or with one before 0.34; the platform's error for a path that can't be read or written.
 */
export async function resize(input: ImageInput, options: ResizeOptions): Promise<ResizedImage> {
  const [variant, rest] = checkResize(options);
  const [image] = await make(input, [variant], rest);
  return image as ResizedImage;
}

/**
 * Makes several images from one input, which it decodes only once: to the size that the largest variant needs, and keeps in memory
 * meanwhile. Results come in the order of `variants`. If a variant fails, files of earlier variants may have been written.
 *
 * @param variants at least one.
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

/** The pipeline that each variant starts from. A single variant starts from the input: sharp decodes and resizes it in one go. */
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
    throw new InvalidOptionError(
      'background',
      background,
      `background must be a colour that sharp knows, not ${show(background)}`,
    );
  }
  pipeline.toFormat(output, quality === undefined ? {} : { quality });
  // Encoded to memory even for a file: so an error here is about the image, and an error of `write` about the file.
  const encoded = pipeline.toBuffer({ resolveWithObject: true });
  const { data, info } = await refuseDamaged(encoded, source);
  if (to !== undefined) write(data, to);
  const image = { format: output, width: info.width, height: info.height, size: data.byteLength, flattened };
  return { ...image, data: to === undefined ? data : undefined };
}

/** Reads the header of an image. Throws what `resize` throws, but does not notice damage behind the header. */
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
    throw imageError(
      'ERR_MILLRACE_NOT_AN_IMAGE',
      `${source.name} begins like ${source.format}, and is ${format}`,
    );
  }
  if (width * height > maxPixels) {
    const pixels = `${width} × ${height} pixels, more than maxPixels (${maxPixels})`;
    throw imageError('ERR_MILLRACE_IMAGE_TOO_LARGE', `${source.name} has ${pixels}`);
  }
  return { source, pipeline, metadata };
}

/**
 * Refuses a result with too long a side. The input's proportions decide on a side that is not given: a PNG of 434 bytes, 1 × 16,000,
 * would make 1.6 million rows at a width of 100.
 */
function refuseLongSide(source: ImageSource, metadata: Metadata, variant: VariantOptions): void {
  const { width, height, fit } = variant;
  if (width !== undefined && height !== undefined && fit !== 'outside') return;
  const { width: across, height: down } = metadata.autoOrient;
  const longest = Math.round(Math.max(across, down) * scaleOf(metadata, variant));
  if (longest <= maxSide) return;
  const message = `${source.name} would have a side of ${longest} pixels, more than ${maxSide}`;
  throw imageError('ERR_MILLRACE_IMAGE_TOO_LARGE', message);
}

/**
 * Writes a file beside the target and renames it: no reader ever sees half a file, and a failure leaves none behind. Only a thread
 * that is terminated within this function leaves its `.part` file.
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

/** Turns an error of sharp, which has no code, into one about the image: sharp gets nothing else here. */
async function refuseDamaged<T>(result: Promise<T>, { name }: ImageSource): Promise<T> {
  try {
    return await result;
  } catch (cause) {
    const reason = reasonOf(cause);
    if (/exceeds pixel limit|is too large for the/i.test(reason)) {
      throw imageError('ERR_MILLRACE_IMAGE_TOO_LARGE', `${name}: ${reason}`, cause);
    }
    if (/compression format has not been built in|unsupported codec/i.test(reason)) {
      const message = `${name} is a HEIC or AVIF image in a compression that this build of sharp can't decode (HEVC, as a rule)`;
      throw imageError('ERR_MILLRACE_IMAGE_UNSUPPORTED', message, cause);
    }
    const error = imageError(
      'ERR_MILLRACE_NOT_AN_IMAGE',
      `${name} is not an image, or is damaged: ${reason}`,
      cause,
    );
    throw Object.assign(error, { damaged: true });
  }
}

/** The message of libvips without repeated lines and without its notes about seeking. */
function reasonOf(cause: unknown): string {
  const text = cause instanceof Error ? cause.message : String(cause);
  const lines = text.replaceAll(/source: bad seek to \d+/g, '').split('\n');
  return [...new Set(lines.map((line) => line.trim()))].filter((line) => line !== '').join('; ');
}

function writable({ format, compression }: Metadata): OutputFormat {
  if (compression === 'av1') return 'avif';
  return (outputFormats as readonly string[]).includes(format) ? (format as OutputFormat) : 'png';
}
