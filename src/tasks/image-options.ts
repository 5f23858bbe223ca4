import { InvalidOptionError } from '../errors.ts';
import { boolean, checkOptions, integer, nonEmptyString, show } from '../options.ts';
import type { OptionChecks } from '../options.ts';

/** Formats that are written. */
export type OutputFormat = 'jpeg' | 'png' | 'webp' | 'avif' | 'gif' | 'tiff';
export const outputFormats: readonly OutputFormat[] = ['jpeg', 'png', 'webp', 'avif', 'gif', 'tiff'];

/** Pixels. WebP's largest side, the smallest of the formats'. */
export const maxSide = 16_383;

const fits = ['cover', 'contain', 'fill', 'inside', 'outside'] as const;

/** Bounds on untrusted input. */
export interface ImageLimits {
  /** Width times height of the input, an integer of at least 1. Default 100 million. */
  readonly maxPixels?: number;
  /** Size of the input file or bytes, an integer of at least 1. Default 100 MiB. */
  readonly maxBytes?: number;
}

export interface ResizeOptions extends ImageLimits {
  /** Pixels, 1 to 16,383. At least one of width and height is needed; the other follows from the shape, to 16,383. */
  readonly width?: number;
  readonly height?: number;
  /** How an image of another shape is fitted, in CSS's words. Default `'cover'` with both, which crops. */
  readonly fit?: (typeof fits)[number];
  /** Default: the input's format if it can be written, else `'png'`. */
  readonly format?: OutputFormat;
  /** 1 to 100; for formats that have it. Default: sharp's for the format. */
  readonly quality?: number;
  /** Leave an image alone that is smaller already. Default false. */
  readonly withoutEnlargement?: boolean;
  /** Write to this file and return no bytes. It is replaced at once and whole (a link is, not what it leads to); it may not be the input. */
  readonly to?: string;
}

const defaultLimits: Required<ImageLimits> = { maxPixels: 100_000_000, maxBytes: 100 * 1024 * 1024 };

const limitChecks: OptionChecks<ImageLimits> = { maxPixels: integer(1), maxBytes: integer(1) };

const resizeChecks: OptionChecks<ResizeOptions> = {
  ...limitChecks,
  width: pixels,
  height: pixels,
  fit: oneOf(fits),
  format: oneOf(outputFormats),
  quality: between(1, 100),
  withoutEnlargement: boolean,
  to: nonEmptyString,
};

/** @throws {InvalidOptionError} naming the option and its value. */
export function checkLimits(limits: ImageLimits): Required<ImageLimits> {
  return { ...defaultLimits, ...checkOptions('image option', limits, limitChecks) };
}

/** @throws {InvalidOptionError} naming the option and its value. */
export function checkResize(options: ResizeOptions): ResizeOptions & Required<ImageLimits> {
  const checked = checkOptions('resize option', options, resizeChecks);
  if (checked.width === undefined && checked.height === undefined) {
    throw new InvalidOptionError('width', undefined, 'resize needs a width, a height, or both');
  }
  return { ...defaultLimits, ...checked };
}

function pixels(option: string, value: unknown): void {
  between(1, maxSide)(option, value);
}

function between(min: number, max: number) {
  return (option: string, value: unknown): void => {
    if (Number.isInteger(value) && (value as number) >= min && (value as number) <= max) return;
    const message = `${option} must be an integer from ${min} to ${max}, not ${show(value)}`;
    throw new InvalidOptionError(option, value, message);
  };
}

function oneOf(allowed: readonly string[]) {
  return (option: string, value: unknown): void => {
    if (typeof value === 'string' && allowed.includes(value)) return;
    const message = `${option} must be one of ${allowed.join(', ')}, not ${show(value)}`;
    throw new InvalidOptionError(option, value, message);
  };
}
