import { commonOptions } from '../table/command.ts';
import type { CommandSpec, OptionSpec } from '../table/command.ts';
import { commands, exitCodeTexts } from '../table/commands.ts';
import { optionNames } from './help-text.ts';

/** Formats the reference page of the command line. */
export function markdownReference(): string {
  return [
    '# Command line\n',
    'What `millrace help COMMAND` prints, on one page.\n',
    ...commands.map(section),
    '## Common options\n',
    table(commonOptions),
    '## Exit codes\n',
    '| code | meaning |\n|--:|---|',
    ...exitCodeTexts.map(([code, text]) => `| ${code} | ${text} |`),
    '',
  ].join('\n');
}

function section({ name, synopsis, text, options, examples }: CommandSpec): string {
  return [
    `## millrace ${name}\n`,
    `\`\`\`sh\n${synopsis.map((rest) => `millrace ${name} ${rest}`.trimEnd()).join('\n')}\n\`\`\`\n`,
    ...text.map((paragraph) => `${escape(paragraph)}\n`),
    options.length === 0 ? '' : table(options),
    `\`\`\`sh\n${examples.map(({ line, text }) => `# ${text}\n${line}`).join('\n')}\n\`\`\`\n`,
  ].join('\n');
}

const table = (options: readonly OptionSpec[]): string =>
  `| option | |\n|---|---|\n${options.map((each) => `| \`${optionNames(each).trim().replaceAll('|', String.raw`\|`)}\` | ${escape(each.text)} |\n`).join('')}`;

/** Escapes what Markdown, HTML or the site's templates would interpret. */
const escape = (text: string): string =>
  text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('{', '&#123;')
    .replaceAll('*', String.raw`\*`)
    .replaceAll('|', String.raw`\|`);
