import { commonOptions } from '../table/command.ts';
import type { CommandSpec, OptionSpec } from '../table/command.ts';
import { commands, exitCodeTexts } from '../table/commands.ts';

/** Formats the manual page for man(1), with the macros of man(7). */
export function manPage(version: string): string {
  return [
    `.TH MILLRACE 1 "" "millrace ${version}" "User Commands"`,
    '.SH NAME',
    String.raw`millrace \- CPU\-bound work on all cores: hashes files, resizes images, calls functions`,
    '.SH SYNOPSIS',
    ...commands.flatMap(({ name, synopsis }) =>
      synopsis.map((rest, index) =>
        `${index === 0 && name === 'hash' ? '' : '.br\n'}${bold(`millrace ${name}`)} ${escape(rest)}`.trimEnd(),
      ),
    ),
    '.SH COMMANDS',
    ...commands.map(section),
    '.SH COMMON OPTIONS',
    ...commonOptions.map(option),
    '.SH EXIT STATUS',
    ...exitCodeTexts.map(([code, text]) => `.TP\n${bold(String(code))}\n${escape(text)}`),
    '',
  ].join('\n');
}

function section({ name, summary, text, options, examples }: CommandSpec): string {
  return [
    `.SS ${name}: ${escape(summary)}`,
    ...text.map((paragraph) => `.PP\n${escape(paragraph)}`),
    ...options.map(option),
    ...examples.map(
      ({ line, text }) => `.PP\nExample: ${escape(text)}\n.PP\n.nf\n.RS\n${escape(line)}\n.RE\n.fi`,
    ),
  ].join('\n');
}

function option({ name, short, alias, value, optional, text }: OptionSpec): string {
  const names = [
    short === undefined ? [] : `-${short}`,
    `--${name}`,
    alias === undefined ? [] : `--${alias}`,
  ].flat();
  const all = names.map(bold).join(', ');
  const italic = (word: string) => `${String.raw`\fI`}${escape(word)}${String.raw`\fR`}`;
  const takes = value === undefined ? '' : optional === true ? `[=${italic(value)}]` : ` ${italic(value)}`;
  return `.TP\n${all}${takes}\n${escape(text)}`;
}

const bold = (text: string): string => `\\fB${escape(text)}\\fR`;

/** Escapes what roff would interpret: backslashes, dashes (else hyphens), and `.` or `'` at the start of a line. */
function escape(text: string): string {
  return text
    .replaceAll('\\', String.raw`\e`)
    .replaceAll('-', String.raw`\-`)
    .replaceAll('…', '...')
    .replaceAll(/^([.'])/gm, String.raw`\&$1`);
}
