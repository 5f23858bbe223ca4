import { InvalidOptionError } from '../index.ts';
import { checkVariants, maxSide } from '../tasks/ready-made/image-options.ts';
import type { VariantOptions, VariantsOptions } from '../tasks/index.ts';
import { fromText, toPrintable, toText } from './byte-path.ts';
import type { BytePath } from './byte-path.ts';
import type { Given } from './given.ts';
import { positiveInteger, some, text, workers } from './option-values.ts';
import { UsageError } from './usage-error.ts';

/** One result that is made of each image. */
export interface Rendition {
  /** Inserted before the extension of the file name, such as `-320`; empty with fewer than two widths. */
  readonly suffix: string;
  readonly options: VariantOptions;
}

export interface ResizeArguments {
  readonly paths: readonly BytePath[];
  readonly out: string;
  readonly renditions: readonly Rendition[];
  readonly options: VariantsOptions;
  /** True if the user chose a background; otherwise the command reports how many images were flattened on white. */
  readonly background: boolean;
  readonly skipExisting: boolean;
  readonly dryRun: boolean;
  readonly workers: number | undefined;
}

/** @throws {UsageError} that names what is wrong. */
export function resizeArguments({ operands, values }: Given): ResizeArguments {
  const out = toText(text(values, 'out') ?? '');
  if (out === '') throw new UsageError('resize needs --out DIR');
  if (fromText(out) !== values.get('out')) throw new UsageError('--out must be a path in UTF-8');
  return {
    paths: some(operands, 'resize'),
    out,
    ...renditionsOf(values),
    background: values.has('background'),
    skipExisting: values.has('skip-existing'),
    dryRun: values.has('dry-run'),
    workers: workers(values),
  };
}

function renditionsOf(values: Given['values']): Pick<ResizeArguments, 'renditions' | 'options'> {
  const widths = list(values, 'width').map((width) => pixels('width', width));
  const formats = list(values, 'format').map((format) => (format === 'jpg' ? 'jpeg' : format));
  const height = text(values, 'height');
  const keepsSize = widths.length === 0 && height === undefined;
  if (keepsSize && formats.length === 0) throw new UsageError('resize needs --width, --height or --format');
  const common = present({
    height: height === undefined ? undefined : pixels('height', height),
    quality: number(values, 'quality'),
    fit: text(values, 'fit'),
    background: text(values, 'background'),
    withoutEnlargement: keepsSize || values.has('no-enlarge') ? true : undefined,
  });
  // With a format alone: the largest width allowed, and no enlargement, keep the size.
  const all = keepsSize ? [maxSide] : widths;
  const renditions = (all.length === 0 ? [undefined] : all).flatMap((width) =>
    (formats.length === 0 ? [undefined] : formats).map((format) => ({
      suffix: widths.length > 1 ? `-${width}` : '',
      options: present({ ...common, width, format }) as VariantOptions,
    })),
  );
  const options = present({ keepMetadata: values.has('keep-metadata') ? true : undefined });
  try {
    // Options that the task would refuse are refused before any work.
    checkVariants(
      renditions.map((each) => each.options),
      options,
    );
  } catch (error) {
    if (error instanceof InvalidOptionError) throw new UsageError(`--${error.message}`);
    throw error;
  }
  return { renditions, options };
}

/** The items of a comma-separated value, without duplicates. */
function list(values: Given['values'], option: string): string[] {
  const given = text(values, option);
  if (given === undefined) return [];
  const items = given.split(',');
  if (!items.includes('')) return [...new Set(items)];
  throw new UsageError(`--${option} has an empty item: '${toPrintable(given)}'`);
}

function pixels(option: string, given: string): number {
  const found = positiveInteger(given);
  if (found !== undefined) return found;
  throw new UsageError(`--${option} must be a positive integer, not '${toPrintable(given)}'`);
}

function number(values: Given['values'], option: string): number | undefined {
  const given = text(values, option);
  return given === undefined ? undefined : pixels(option, given);
}

const present = (all: Record<string, unknown>): Record<string, unknown> =>
  Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined));
