import { closeSync, readSync, statSync } from 'node:fs';
import type { Stats } from 'node:fs';
import { InvalidOptionError } from '../errors.ts';
import { show } from '../options.ts';
import { openRegular } from './regular-file.ts';

/*
 * Input is read here and not by libvips, which would block for ever on a pipe, take no bound in bytes, and open the path
 * once for each look at it: a path can be another file the next time.
 */

/** A path, or the bytes of an image. What a client sent is never to be handed on as a string: it would name a file here. */
export type ImageInput = string | Uint8Array;

/** Bytes that begin like a raster image, and where they came from. */
export interface ImageSource {
  readonly bytes: Uint8Array;
  /** The path, or words for an image without one. */
  readonly name: string;
  /** The file that was read; undefined for bytes. */
  readonly stats: Stats | undefined;
}

/**
 * Offset and text (Latin-1) that a format begins with. Everything else is refused before libvips sees it: SVG and PDF
 * can refer to other files, and their parsers are large. (sharp.block() would do so for the whole process, host included.)
 */
const signatures: readonly (readonly [offset: number, text: string])[] = [
  [0, '\xff\xd8\xff'], // JPEG
  [0, '\x89PNG\r\n\x1a\n'],
  [0, 'GIF8'],
  [8, 'WEBP'],
  [4, 'ftyp'], // AVIF, HEIF
  [0, 'II*\0'], // TIFF, little and big endian; then its 64-bit form
  [0, 'MM\0*'],
  [0, 'II+\0'],
  [0, 'MM\0+'],
];

/**
 * @throws {InvalidOptionError} for an input of another type; `'ERR_IMAGE_TOO_LARGE'` beyond `maxBytes`;
 *   `'ERR_NOT_AN_IMAGE'` for bytes that begin like no raster format; the errors of a path that can't be read.
 */
export function readSource(input: ImageInput, maxBytes: number): ImageSource {
  const source = typeof input === 'string' ? readPath(input, maxBytes) : ofBytes(input, maxBytes);
  if (!looksLikeRaster(source.bytes)) {
    throw imageError('ERR_NOT_AN_IMAGE', `${source.name} is not an image of an accepted format`);
  }
  return source;
}

function ofBytes(bytes: Uint8Array, maxBytes: number): ImageSource {
  if (!(bytes instanceof Uint8Array)) {
    const message = `input must be a path or a Uint8Array, not ${show(bytes)}`;
    throw new InvalidOptionError('input', bytes, message);
  }
  const name = 'the image';
  refuseHeavy(name, bytes.byteLength, maxBytes);
  return { bytes, name, stats: undefined };
}

function readPath(path: string, maxBytes: number): ImageSource {
  const { file, stats } = openRegular(path);
  try {
    refuseHeavy(path, stats.size, maxBytes);
    const bytes = Buffer.allocUnsafeSlow(stats.size);
    let length = 0;
    while (length < stats.size) {
      const more = readSync(file, bytes, length, stats.size - length, null);
      if (more === 0) break;
      length += more;
    }
    return { bytes: bytes.subarray(0, length), name: path, stats };
  } finally {
    closeSync(file);
  }
}

function refuseHeavy(name: string, bytes: number, maxBytes: number): void {
  if (bytes <= maxBytes) return;
  throw imageError('ERR_IMAGE_TOO_LARGE', `${name} has ${bytes} bytes, more than maxBytes (${maxBytes})`);
}

function looksLikeRaster(bytes: Uint8Array): boolean {
  const head = Buffer.from(bytes.buffer, bytes.byteOffset, Math.min(bytes.byteLength, 16)).toString('latin1');
  return signatures.some(([offset, text]) => head.startsWith(text, offset));
}

/** By identity and not by name: symbolic and hard links are the same file. */
export function refuseSameFile({ stats }: ImageSource, to: string): void {
  if (stats === undefined) return;
  const target = statSync(to, { throwIfNoEntry: false });
  if (target === undefined || target.ino !== stats.ino || target.dev !== stats.dev) return;
  throw imageError('ERR_SAME_FILE', `${to} is the input itself, which is never overwritten`);
}

export function imageError(code: string, message: string, cause?: unknown): Error {
  return Object.assign(new Error(message, cause === undefined ? {} : { cause }), { code });
}
