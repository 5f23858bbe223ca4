import { commonOptions } from '../table/command.ts';
import type { CommandSpec, Completes, OptionSpec } from '../table/command.ts';

export const allOptions = ({ options }: CommandSpec): readonly OptionSpec[] => [...options, ...commonOptions];

/** All names of an option, with their dashes: short, long, alias. */
export const words = ({ name, short, alias }: OptionSpec): string[] => [
  ...(short === undefined ? [] : [`-${short}`]),
  `--${name}`,
  ...(alias === undefined ? [] : [`--${alias}`]),
];

export const isList = (completes: Completes | undefined): completes is readonly string[] =>
  Array.isArray(completes);
