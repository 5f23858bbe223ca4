import { commonOptions } from '../table/command.ts';
import type { CommandSpec, OptionSpec } from '../table/command.ts';
import { commands, exitCodeTexts } from '../table/commands.ts';
import { block, wrap } from './wrap.ts';

const columns = 80;
/** Column where an option's text begins, from 0. */
const tab = 26;

/** Formats the help of one command. */
export function commandHelp({ name, synopsis, text, options, examples }: CommandSpec): string {
  const calls = synopsis.map((rest, index) => {
    const line = `millrace ${name} ${rest}`.trimEnd();
    return `${index === 0 ? 'Usage:' : '      '} ${line}\n`;
  });
  return [
    calls.join(''),
    ...text.map((paragraph) => block(paragraph, 0, columns)),
    `Options:\n${[...options, ...commonOptions].map(optionHelp).join('')}`,
    `Examples:\n${examples.map((example) => `  ${example.line}\n${block(example.text, 6, columns)}`).join('')}`,
    exitCodes(),
  ].join('\n');
}

/** Formats the help of the program. */
export function programHelp(): string {
  return [
    'Usage: millrace COMMAND [OPTION]...\n',
    block('CPU-bound work on all cores: hashes files, resizes images, calls functions.', 0, columns),
    `Commands:\n${commands.map(({ name, summary }) => row(name, summary, 14)).join('')}`,
    `Options:\n${commonOptions.map(optionHelp).join('')}`,
    `Examples:\n${commands.flatMap(({ examples }) => examples.slice(0, 1).map(({ line }) => `  ${line}\n`)).join('')}`,
    exitCodes(),
    "'millrace help COMMAND' explains a command.\n",
  ].join('\n');
}

export function optionNames({ name, short, alias, value, optional }: OptionSpec): string {
  const long = [`--${name}`, ...(alias === undefined ? [] : [`--${alias}`])].join(', ');
  return `${short === undefined ? '    ' : `-${short}, `}${long}${value === undefined ? '' : optional === true ? `[=${value}]` : ` ${value}`}`;
}

const optionHelp = (option: OptionSpec): string => row(optionNames(option), option.text, tab);

/** Formats a name with its text beside it, or below it if the name is too long. */
function row(name: string, text: string, start: number): string {
  const lines = wrap(text, columns - start).map((line) => `${' '.repeat(start)}${line}\n`);
  const head = `  ${name}`;
  if (head.length > start - 2) return `${head}\n${lines.join('')}`;
  return `${head}${lines.join('').slice(head.length)}`;
}

const exitCodes = (): string =>
  `Exit codes:\n${exitCodeTexts.map(([code, text]) => row(String(code), text, 8)).join('')}`;
