import { rename, rm, stat } from 'node:fs/promises';
import type { Metadata, OutputInfo, Sharp as Pipeline } from 'sharp';
import { checkLimits, checkResize, outputFormats } from './image-options.ts';
import type { ImageLimits, OutputFormat, ResizeOptions } from './image-options.ts';
import { loadSharp } from './load-sharp.ts';
import { transferable } from './transferable.ts';

/*
 * A task module on sharp (libvips). Input is taken as untrusted: only raster formats, bounded pixels and bytes, and
 * damaged files are refused.
 */

/** A path, or the bytes of an image. */
export type ImageInput = string | Uint8Array;

export interface ResizedImage {
  readonly format: OutputFormat;
  /** Pixels. */
  readonly width: number;
  readonly height: number;
  /** Bytes of the encoded image. */
  readonly size: number;
  /** The encoded image; undefined if it was written to a file. Moved from the thread, not copied. */
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

/** Formats that are read. Not SVG or PDF: they can refer to other files, and are programs rather than pictures. */
const inputFormats = new Set(['jpeg', 'png', 'webp', 'gif', 'tiff', 'heif', 'avif']);

/**
 * Resizes an image, upright by its EXIF orientation; other metadata is dropped.
 *
 * @throws {InvalidOptionError} for a bad option; an error with `code` `'ERR_NOT_AN_IMAGE'` for what is no raster image or
 *   is damaged, `'ERR_IMAGE_TOO_LARGE'` beyond `maxPixels` or `maxBytes`, `'ERR_SAME_FILE'` if `to` is the input,
 *   `'ERR_SHARP_MISSING'`; the platform's error for a path that can't be read or written.
 */
export async function resize(input: ImageInput, options: ResizeOptions): Promise<ResizedImage> {
  const { to, format, quality, maxPixels, maxBytes, ...size } = checkResize(options);
  const source = await open(input, { maxPixels, maxBytes });
  const output = format ?? writable(source.metadata);
  const pipeline = source.pipeline.autoOrient().resize(size);
  pipeline.toFormat(output, quality === undefined ? {} : { quality });
  if (to !== undefined && typeof input === 'string') await refuseSameFile(input, to);
  const written = refuseDamaged<Encoded>(to === undefined ? toMemory(pipeline) : toFile(pipeline, to), input);
  const { width, height, size: bytes, data } = await written;
  const image: ResizedImage = { format: output, width, height, size: bytes, data };
  return data === undefined ? image : transferable(image, [data.buffer]);
}

/** What an image is, by its header. Throws what `resize` throws, but does not see damage behind the header. */
export async function metadata(input: ImageInput, limits: ImageLimits = {}): Promise<ImageMetadata> {
  const { metadata: found } = await open(input, checkLimits(limits));
  const { format, autoOrient, channels, hasAlpha, pages = 1 } = found;
  return { format, width: autoOrient.width, height: autoOrient.height, channels, hasAlpha, pages };
}

async function open(
  input: ImageInput,
  { maxPixels, maxBytes }: Required<ImageLimits>,
): Promise<{ pipeline: Pipeline; metadata: Metadata }> {
  const sharp = await loadSharp();
  const bytes = typeof input === 'string' ? (await stat(input)).size : input.byteLength;
  if (bytes > maxBytes) {
    throw failure(
      'ERR_IMAGE_TOO_LARGE',
      `${nameOf(input)} has ${bytes} bytes, more than maxBytes (${maxBytes})`,
    );
  }
  const pipeline = sharp(input, { limitInputPixels: maxPixels, failOn: 'warning', sequentialRead: true });
  const found = await refuseDamaged(pipeline.metadata(), input);
  if (!inputFormats.has(found.format)) {
    throw failure(
      'ERR_NOT_AN_IMAGE',
      `${nameOf(input)} is ${found.format}, which is not accepted as an image`,
    );
  }
  if (found.width * found.height > maxPixels) {
    const pixels = `${found.width} × ${found.height}`;
    throw failure(
      'ERR_IMAGE_TOO_LARGE',
      `${nameOf(input)} has ${pixels} pixels, more than maxPixels (${maxPixels})`,
    );
  }
  return { pipeline, metadata: found };
}

type Encoded = OutputInfo & { readonly data: Buffer<ArrayBuffer> | undefined };

async function toMemory(pipeline: Pipeline): Promise<Encoded> {
  const { data, info } = await pipeline.toBuffer({ resolveWithObject: true });
  // sharp's memory is not JavaScript's own, and can't be moved to another thread: this copy can.
  return { ...info, data: Buffer.from(new Uint8Array(data).buffer) };
}

/** Beside the target and then renamed: nobody ever sees half a file, and a failure leaves none. */
async function toFile(pipeline: Pipeline, to: string): Promise<Encoded> {
  const partial = `${to}.${process.pid}.${Math.random().toString(36).slice(2)}.part`;
  try {
    const info = await pipeline.toFile(partial);
    await rename(partial, to);
    return { ...info, data: undefined };
  } catch (error) {
    await rm(partial, { force: true });
    throw error;
  }
}

async function refuseSameFile(input: string, to: string): Promise<void> {
  const [source, target] = await Promise.all([stat(input), stat(to).catch(() => undefined)]);
  if (target !== undefined && source.ino === target.ino && source.dev === target.dev) {
    throw failure('ERR_SAME_FILE', `${to} is the input itself, which is never overwritten`);
  }
}

/** sharp's errors about an input have no code; the platform's (no such folder, no space) have one. */
async function refuseDamaged<T>(result: Promise<T>, input: ImageInput): Promise<T> {
  try {
    return await result;
  } catch (cause) {
    if (cause instanceof Error && /exceeds pixel limit/i.test(cause.message)) {
      throw failure('ERR_IMAGE_TOO_LARGE', `${nameOf(input)}: ${cause.message}`, cause);
    }
    if (
      cause instanceof Error &&
      !/unable to (open for write|call)|ENOSPC|No such file/i.test(cause.message)
    ) {
      throw failure(
        'ERR_NOT_AN_IMAGE',
        `${nameOf(input)} is not an image, or is damaged: ${cause.message}`,
        cause,
      );
    }
    throw cause;
  }
}

function writable({ format, compression }: Metadata): OutputFormat {
  if (compression === 'av1') return 'avif';
  return (outputFormats as readonly string[]).includes(format) ? (format as OutputFormat) : 'png';
}

const nameOf = (input: ImageInput): string => (typeof input === 'string' ? input : 'the image');

function failure(code: string, message: string, cause?: unknown): Error {
  return Object.assign(new Error(message, cause === undefined ? {} : { cause }), { code });
}
