import type { CommandSpec, Completes, OptionSpec } from '../table/command.ts';
import { commands } from '../table/commands.ts';
import { allOptions, isList } from './completion-words.ts';

export function fishCompletion(): string {
  const names = commands.map(
    ({ name, summary }) => `-n __fish_use_subcommand -a ${name} -d ${quote(summary)}`,
  );
  const rules = ['-f', ...names, ...commands.flatMap(rulesOf)];
  const lines = rules.map((rule) => `complete -c millrace ${rule}\n`);
  return `# Completion of millrace for fish: millrace completion fish | source\n${lines.join('')}`;
}

function rulesOf(command: CommandSpec): string[] {
  const after = `-n ${quote(`__fish_seen_subcommand_from ${command.name}`)}`;
  const operand = command.completes === undefined ? [] : [`${after}${operands(command.completes)}`];
  return [...operand, ...allOptions(command).map((option) => `${after}${optionRule(option)}`)];
}

const operands = (completes: Completes): string =>
  isList(completes) ? ` -a ${quote(completes.join(' '))}` : ' -F';

function optionRule({ name, short, alias, value, optional, completes, text }: OptionSpec): string {
  const names = `${short === undefined ? '' : ` -s ${short}`} -l ${name}${alias === undefined ? '' : ` -l ${alias}`}`;
  return `${names}${value === undefined || optional === true ? '' : valueRule(completes)} -d ${quote(text)}`;
}

function valueRule(completes: Completes | undefined): string {
  if (isList(completes)) return ` -x -a ${quote(completes.join(' '))}`;
  if (completes === 'directory') return ' -x -a "(__fish_complete_directories)"';
  return completes === 'file' ? ' -r -F' : ' -x';
}

const quote = (text: string): string => `'${text.replaceAll(/[\\']/g, String.raw`\$&`)}'`;
