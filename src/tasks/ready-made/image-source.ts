import { closeSync, readSync, statSync } from 'node:fs';
import type { Stats } from 'node:fs';
import { InvalidOptionError } from '../../base/errors.ts';
import { show } from '../../base/options.ts';
import { rasterFormat } from './raster-format.ts';
import type { RasterFormat } from './raster-format.ts';
import { openRegular } from './regular-file.ts';

/*
 * Input is read here and not by libvips, which would block for ever on a pipe, has no bound in bytes, and opens the path several
 * times: the path may name another file the next time. An input that is not a raster image is refused before libvips sees a byte of
 * it: SVG and PDF can refer to other files, and native parsers have no limits. (sharp.block() would block their loaders in the
 * whole process, for the host program too.)
 */

/** A path, or the bytes of an image. Never pass a string that a client sent: it would name a file on this machine. */
export type ImageInput = string | Uint8Array;

/** The bytes of an input, and where they came from. */
interface Input {
  readonly bytes: Uint8Array;
  /** The input's name for messages: the path, or `'the image'`. */
  readonly name: string;
  /** The file that was read; undefined if the input was bytes. */
  readonly stats: Stats | undefined;
}

/** An input whose bytes begin like a raster image. */
export interface ImageSource extends Input {
  readonly format: RasterFormat;
}

/**
 * Reads an input whole, and tells its format by its first bytes.
 *
 * @throws {InvalidOptionError} for an input of another type; `'ERR_MILLRACE_IMAGE_TOO_LARGE'` beyond `maxBytes`;
 *   `'ERR_MILLRACE_NOT_AN_IMAGE'` for bytes that begin like no raster format; the errors of `openRegular`.
 */
export function readSource(input: ImageInput, maxBytes: number): ImageSource {
  const read = typeof input === 'string' ? readPath(input, maxBytes) : ofBytes(input, maxBytes);
  const format = rasterFormat(read.bytes);
  if (format !== undefined) return { ...read, format };
  throw imageError('ERR_MILLRACE_NOT_AN_IMAGE', `${read.name} is not an image of an accepted format`);
}

function ofBytes(bytes: Uint8Array, maxBytes: number): Input {
  if (!(bytes instanceof Uint8Array)) {
    const message = `input must be a path or a Uint8Array, not ${show(bytes)}`;
    throw new InvalidOptionError('input', bytes, message);
  }
  const name = 'the image';
  refuseHeavy(name, bytes.byteLength, maxBytes);
  return { bytes, name, stats: undefined };
}

function readPath(path: string, maxBytes: number): Input {
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
  throw imageError(
    'ERR_MILLRACE_IMAGE_TOO_LARGE',
    `${name} has ${bytes} bytes, more than maxBytes (${maxBytes})`,
  );
}

/** Compares files by identity and not by name: symbolic and hard links are the same file. */
export function refuseSameFile({ stats }: ImageSource, to: string): void {
  if (stats === undefined) return;
  const target = statSync(to, { throwIfNoEntry: false });
  if (target === undefined || target.ino !== stats.ino || target.dev !== stats.dev) return;
  throw imageError('ERR_MILLRACE_SAME_FILE', `${to} is the input itself, which resize never overwrites`);
}

export function imageError(code: string, message: string, cause?: unknown): Error {
  return Object.assign(new Error(message, cause === undefined ? {} : { cause }), { code });
}
