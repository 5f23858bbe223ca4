import { parseArgs } from 'node:util';
import type { ParseArgsConfig } from 'node:util';
import { toPrintable } from './byte-path.ts';
import type { BytePath } from './byte-path.ts';
import { suggestion } from './suggestion.ts';
import { commonOptions } from './table/command.ts';
import type { CommandSpec, OptionSpec } from './table/command.ts';
import { UsageError } from './usage-error.ts';

/** Separates the values of a repeated option: no word of a command line contains it. */
export const separator = '\0';

/** Values of options by their long names, in the order of their last appearance; true for a flag. Bytes as characters. */
export type Values = ReadonlyMap<string, string | true>;

/** A command's words, sorted. */
export interface Given {
  readonly operands: readonly BytePath[];
  readonly values: Values;
}

/**
 * Sorts the words of a command line by a command's options, as getopt_long(3) would: options and operands mix, `--` ends the
 * options, a later value replaces an earlier one.
 *
 * @throws {UsageError} that names the option.
 */
export async function sortWords(words: readonly BytePath[], { options }: CommandSpec): Promise<Given> {
  const known = [...options, ...commonOptions];
  const { tokens } = parseArgs({ args: [...words], strict: false, tokens: true, options: configOf(known) });
  const operands: BytePath[] = [];
  const values = new Map<string, string | true>();
  for (const token of tokens) {
    if (token.kind === 'positional') operands.push(token.value);
    if (token.kind !== 'option') continue;
    const { rawName, value, inlineValue } = token;
    const option = known.find(({ name, alias }) => name === token.name || alias === token.name);
    if (option === undefined) throw await unknownOption(rawName, words[token.index] ?? '', known);
    const before = values.get(option.name);
    values.delete(option.name);
    if (option.optional === true) values.set(option.name, inlineValue ? (value ?? '') : true);
    else if (option.value === undefined) {
      if (value !== undefined) throw new UsageError(`${rawName} takes no value`);
      values.set(option.name, true);
      // A negative number is a value (-j -1); anything else that begins with - is rather the next option.
    } else if (value === undefined || (!inlineValue && /^-(?!\.?\d)./.test(value))) {
      throw new UsageError(`${rawName} needs a value (${option.value})`);
    } else if (option.repeats === true && typeof before === 'string')
      values.set(option.name, `${before}${separator}${value}`);
    else values.set(option.name, value);
  }
  return { operands, values };
}

function configOf(known: readonly OptionSpec[]): NonNullable<ParseArgsConfig['options']> {
  return Object.fromEntries(
    known.flatMap(({ name, short, alias, value, optional }) => {
      const type = value === undefined || optional === true ? ('boolean' as const) : ('string' as const);
      const own = [name, short === undefined ? { type } : { type, short }] as const;
      return alias === undefined ? [own] : [own, [alias, { type }] as const];
    }),
  );
}

/** @param word in which it stands: several short options may share one. */
async function unknownOption(
  rawName: string,
  word: BytePath,
  known: readonly OptionSpec[],
): Promise<UsageError> {
  const names = known.flatMap(({ name, alias }) => [name, ...(alias === undefined ? [] : [alias])]);
  const similar = rawName.startsWith('--') ? await suggestion(rawName.slice(2), names) : undefined;
  const advice =
    similar === undefined
      ? 'what begins with - and is no option goes after --'
      : `did you mean --${similar}?`;
  const where = rawName.startsWith('--') || word === rawName ? '' : ` in '${toPrintable(word)}'`;
  return new UsageError(`unknown option '${toPrintable(rawName)}'${where} (${advice})`);
}
