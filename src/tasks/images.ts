import { randomUUID } from 'node:crypto';
import { renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Metadata, Sharp as Pipeline } from 'sharp';
import { checkLimits, checkResize, maxSide, outputFormats } from './image-options.ts';
import type { ImageLimits, OutputFormat, ResizeOptions } from './image-options.ts';
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
 * Resizes an image, upright by its EXIF orientation; other metadata is dropped. Of an animation, the first frame.
 *
 * @throws {InvalidOptionError} for a bad option; an error with `code` `'ERR_NOT_AN_IMAGE'` for what is no raster image or
 *   is damaged, `'ERR_IMAGE_TOO_LARGE'` beyond `maxPixels` or `maxBytes` or for a result with a side of more than 16,383
 *   pixels, `'ERR_SAME_FILE'` if `to` is the input, `'ERR_NOT_A_REGULAR_FILE'` for a pipe, socket or device;
 *   `PeerError` without sharp, or with one before 0.34; the platform's error for a path that can't be read or written.
 */
export async function resize(input: ImageInput, options: ResizeOptions): Promise<ResizedImage> {
  const { to, format, quality, maxPixels, maxBytes, ...size } = checkResize(options);
  const { source, pipeline, metadata } = await open(input, { maxPixels, maxBytes });
  if (to !== undefined) refuseSameFile(source, to);
  refuseLongSide(source, metadata, size);
  const output = format ?? writable(metadata);
  pipeline.autoOrient().resize(size);
  pipeline.toFormat(output, quality === undefined ? {} : { quality });
  // Encoded to memory even for a file: an error from here is the image's, and one from writing is the platform's.
  const encoded = pipeline.toBuffer({ resolveWithObject: true });
  const { data, info } = await refuseDamaged(encoded, source);
  if (to !== undefined) write(data, to);
  const image = { format: output, width: info.width, height: info.height, size: data.byteLength };
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
function refuseLongSide(source: ImageSource, { autoOrient }: Metadata, size: ResizeOptions): void {
  const { width, height, fit, withoutEnlargement = false } = size;
  if (width !== undefined && height !== undefined && fit !== 'outside') return;
  const across = (width ?? 0) / autoOrient.width;
  const down = (height ?? 0) / autoOrient.height;
  const scale = withoutEnlargement ? Math.min(1, Math.max(across, down)) : Math.max(across, down);
  const longest = Math.round(Math.max(autoOrient.width, autoOrient.height) * scale);
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
    throw imageError('ERR_NOT_AN_IMAGE', `${name} is not an image, or is damaged: ${reason}`, cause);
  }
}

function writable({ format, compression }: Metadata): OutputFormat {
  if (compression === 'av1') return 'avif';
  return (outputFormats as readonly string[]).includes(format) ? (format as OutputFormat) : 'png';
}
