import { checkOptions, integer } from '../base/options.ts';
import type { OptionChecks } from '../base/options.ts';
import { taskOptionChecks } from './task-options.ts';
import type { TaskOptions } from './task-options.ts';

/** How far a generator may be ahead of its reader. */
export interface ItemWindow {
  /** The most items that the generator may be ahead of its reader, an integer from 1 to 1,073,741,824. Default 1,024. */
  readonly window?: number;
  /**
   * The most estimated bytes that these items may take, an integer of at least 1. A larger item is sent when no other item is ahead
   * of the reader. Default 16 MiB.
   */
  readonly windowBytes?: number;
}

/** Options of `executor.iterate()`: those of the task, and how far the generator may be ahead. */

export interface IterateOptions extends TaskOptions, ItemWindow {}

const defaultWindow = 1024;
const defaultWindowBytes = 16 * 1024 * 1024;
/** Items are counted modulo 2 ** 32. */
const largestWindow = 2 ** 30;

export const itemWindowChecks: OptionChecks<ItemWindow> = {
  window: integer(1, false, largestWindow),
  windowBytes: integer(1),
};

const checks: OptionChecks<IterateOptions> = { ...taskOptionChecks, ...itemWindowChecks };

export const noWindows = { window: undefined, windowBytes: undefined };

/** A window with the defaults filled in. */
export function windowsOf({
  window = defaultWindow,
  windowBytes = defaultWindowBytes,
}: { readonly [K in keyof ItemWindow]: ItemWindow[K] | undefined }): Required<ItemWindow> {
  return { window, windowBytes };
}

/** The options of an iteration with their defaults, and the options of its task. */
interface ResolvedIterateOptions {
  readonly window: number;
  readonly windowBytes: number;
  readonly options: TaskOptions;
}

/** @throws {InvalidOptionError} naming the option and its value. */
export function resolveIterateOptions(given: IterateOptions): ResolvedIterateOptions {
  const { window, windowBytes, ...options } = checkOptions('iterate option', given, checks);
  return { ...windowsOf({ window, windowBytes }), options };
}
