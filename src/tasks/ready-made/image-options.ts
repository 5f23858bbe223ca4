import { InvalidOptionError } from '../../base/errors.ts';
import { boolean, checkOptions, integer, nonEmptyString, show } from '../../base/options.ts';
import type { OptionChecks } from '../../base/options.ts';

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

/** One image that is made of another. */
export interface VariantOptions {
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
  /**
   * A CSS colour such as `'#fff'` or `'white'`: what shows through where the input is transparent and the format can't be
   * (JPEG; default white), and behind the bars of `fit: 'contain'` (default black).
   */
  readonly background?: string;
  /** Write to this file and return no bytes. It is replaced at once and whole (a link is, not what it leads to); it may not be the input. */
  readonly to?: string;
}

/** What holds for all images that are made of one. */
export interface VariantsOptions extends ImageLimits {
  /** Keep EXIF (but for the orientation, which has been applied), the colour profile, XMP and IPTC. Default false. */
  readonly keepMetadata?: boolean;
}

export interface ResizeOptions extends VariantOptions, VariantsOptions {}

const defaultLimits: Required<ImageLimits> = { maxPixels: 100_000_000, maxBytes: 100 * 1024 * 1024 };

const limitChecks: OptionChecks<ImageLimits> = { maxPixels: integer(1), maxBytes: integer(1) };

const variantChecks: OptionChecks<VariantOptions> = {
  width: pixels,
  height: pixels,
  fit: oneOf(fits),
  format: oneOf(outputFormats),
  quality: between(1, 100),
  withoutEnlargement: boolean,
  background: colour,
  to: nonEmptyString,
};

const variantsChecks: OptionChecks<VariantsOptions> = { ...limitChecks, keepMetadata: boolean };

export type CheckedVariantsOptions = Required<VariantsOptions>;

/** @throws {InvalidOptionError} naming the option and its value. */
export function checkLimits(limits: ImageLimits): Required<ImageLimits> {
  return { ...defaultLimits, ...checkOptions('image option', limits, limitChecks) };
}

/** @throws {InvalidOptionError} naming the option and its value. */
export function checkResize(options: ResizeOptions): [VariantOptions, CheckedVariantsOptions] {
  const checked = checkOptions('resize option', options, { ...variantChecks, ...variantsChecks });
  const { maxPixels, maxBytes, keepMetadata, ...variant } = { ...defaults, ...checked };
  needSize(variant);
  return [variant, { maxPixels, maxBytes, keepMetadata }];
}

/** @throws {InvalidOptionError} naming the option and its value. */
export function checkVariants(
  variants: readonly VariantOptions[],
  options: VariantsOptions,
): [readonly VariantOptions[], CheckedVariantsOptions] {
  if (!Array.isArray(variants) || variants.length === 0) {
    const message = `variants must be an array of at least one object, not ${show(variants)}`;
    throw new InvalidOptionError('variants', variants, message);
  }
  const checked = variants.map((each) =>
    checkOptions('variant option', each as VariantOptions, variantChecks),
  );
  checked.forEach(needSize);
  return [checked, { ...defaults, ...checkOptions('variants option', options, variantsChecks) }];
}

const defaults: CheckedVariantsOptions = { ...defaultLimits, keepMetadata: false };

function needSize({ width, height }: VariantOptions): void {
  if (width !== undefined || height !== undefined) return;
  throw new InvalidOptionError('width', undefined, 'resize needs a width, a height, or both');
}

/** Its form; whether a name is one that CSS knows is for sharp to say. */
function colour(option: string, value: unknown): void {
  if (
    typeof value === 'string' &&
    /^(#([0-9a-f]{3,4}){1,2}|[a-z]+|(rgb|hsl|hwb)a?\([\d\s.,%/+-]+\))$/i.test(value)
  )
    return;
  const message = `${option} must be a CSS colour such as '#fff' or 'white', not ${show(value)}`;
  throw new InvalidOptionError(option, value, message);
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
