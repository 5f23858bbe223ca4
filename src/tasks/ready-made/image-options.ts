import { InvalidOptionError } from '../../base/errors.ts';
import { boolean, checkOptions, integer, nonEmptyString, oneOf, show } from '../../base/options.ts';
import type { OptionChecks } from '../../base/options.ts';

/** The formats that image tasks write. */
export type OutputFormat = 'jpeg' | 'png' | 'webp' | 'avif' | 'gif' | 'tiff';
export const outputFormats: readonly OutputFormat[] = ['jpeg', 'png', 'webp', 'avif', 'gif', 'tiff'];

/** The longest side of a result in pixels: WebP's limit, the smallest of all formats. */
export const maxSide = 16_383;

const fits = ['cover', 'contain', 'fill', 'inside', 'outside'] as const;

/** Bounds on untrusted input. */
export interface ImageLimits {
  /** The most pixels (width times height) of the input, an integer of at least 1. Default 100,000,000. */
  readonly maxPixels?: number;
  /** The most bytes of the input, an integer of at least 1. Default 104,857,600 (100 MiB). */
  readonly maxBytes?: number;
}

/** Options of one resulting image. */
export interface VariantOptions {
  /**
   * Width in pixels, an integer from 1 to 16,383. Give `width`, `height` or both; a missing side follows from the input's
   * proportions, and may not exceed 16,383 either.
   */
  readonly width?: number;
  /** Height in pixels, an integer from 1 to 16,383. */
  readonly height?: number;
  /**
   * How the image fits into `width` × `height` if both are given, as CSS's `object-fit` names it; `'inside'` and `'outside'` keep the
   * proportions within or around them. Default `'cover'`, which crops.
   */
  readonly fit?: (typeof fits)[number];
  /** Default: the input's format if it can be written, else `'png'`. */
  readonly format?: OutputFormat;
  /** An integer from 1 to 100, for formats with a quality. Default: sharp's default for the format. */
  readonly quality?: number;
  /** Do not scale a smaller image up. Default false. */
  readonly withoutEnlargement?: boolean;
  /**
   * A CSS colour such as `'#fff'` or `'white'`. It replaces transparency where the format has none (JPEG; default white), and fills
   * the bars of `fit: 'contain'` (default black).
   */
  readonly background?: string;
  /**
   * Write the image to this file and return no bytes. The file is replaced atomically; a symbolic link is itself replaced. It must
   * not be the input.
   */
  readonly to?: string;
}

/** Options for all images that are made from one input. */
export interface VariantsOptions extends ImageLimits {
  /** Keep EXIF (except the orientation, which is applied), the colour profile, XMP and IPTC. Default false. */
  readonly keepMetadata?: boolean;
}

/** Options of `images.resize()`. */

export interface ResizeOptions extends VariantOptions, VariantsOptions {}

const defaultLimits: Required<ImageLimits> = { maxPixels: 100_000_000, maxBytes: 100 * 1024 * 1024 };

const limitChecks: OptionChecks<ImageLimits> = { maxPixels: integer(1), maxBytes: integer(1) };

const variantChecks: OptionChecks<VariantOptions> = {
  width: pixels,
  height: pixels,
  fit: oneOf(...fits),
  format: oneOf(...outputFormats),
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

/** Checks only the form of a colour; sharp decides whether it knows the name. */
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
