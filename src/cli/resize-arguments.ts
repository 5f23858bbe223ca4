import { InvalidOptionError } from '../index.ts';
import { checkVariants } from '../tasks/ready-made/image-options.ts';
import type { VariantOptions, VariantsOptions } from '../tasks/index.ts';
import { fromText, toPrintable, toText } from './byte-path.ts';
import type { BytePath } from './byte-path.ts';
import type { Given } from './given.ts';
import { positiveInteger, some, text, workers } from './option-values.ts';
import { UsageError } from './usage-error.ts';

/** One result of each image. */
export interface Rendition {
  /** What its name gets before its ending: `-320`, or nothing. */
  readonly suffix: string;
  readonly options: VariantOptions;
}

export interface ResizeArguments {
  readonly paths: readonly BytePath[];
  readonly out: string;
  readonly renditions: readonly Rendition[];
  readonly options: VariantsOptions;
  /** Was a background asked for? Else one that is used is told. */
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
  if (widths.length === 0 && height === undefined) throw new UsageError('resize needs --width or --height');
  const common = present({
    height: height === undefined ? undefined : pixels('height', height),
    quality: number(values, 'quality'),
    fit: text(values, 'fit'),
    background: text(values, 'background'),
    withoutEnlargement: values.has('no-enlarge') ? true : undefined,
  });
  const renditions = (widths.length === 0 ? [undefined] : widths).flatMap((width) =>
    (formats.length === 0 ? [undefined] : formats).map((format) => ({
      suffix: widths.length > 1 ? `-${width}` : '',
      options: present({ ...common, width, format }) as VariantOptions,
    })),
  );
  const options = present({ keepMetadata: values.has('keep-metadata') ? true : undefined });
  try {
    // What the task itself would refuse.
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

/** What stands between commas; each once. */
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
