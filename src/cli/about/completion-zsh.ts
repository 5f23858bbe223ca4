import type { Completes, OptionSpec } from '../table/command.ts';
import { commands } from '../table/commands.ts';
import { allOptions, isList, words } from './completion-words.ts';

export function zshCompletion(): string {
  const cases = commands.map(
    (command) => `    ${command.name})
      _arguments -s -S \\
        ${allOptions(command).flatMap(options).join(' \\\n        ')} \\
        ${quote(`*:argument:${action(command.completes)}`)} ;;\n`,
  );
  const names = commands.map(({ name, summary }) => quote(`${name}:${plain(summary)}`));
  return `#compdef millrace
# Completion of millrace for zsh: source <(millrace completion zsh)
_millrace() {
  local curcontext="$curcontext" state line
  local -a commands=(
    ${names.join('\n    ')}
  )
  if ((CURRENT == 2)); then
    _describe command commands
    return
  fi
  local command=$words[2]
  shift words
  ((CURRENT--))
  case $command in
${cases.join('')}  esac
}
compdef _millrace millrace
`;
}

// In a single-quoted word, a specification of _arguments or _describe.
const quote = (text: string): string => `'${text.replaceAll("'", String.raw`'\''`)}'`;

const plain = (text: string): string => text.replaceAll(/[[\]\\:]/g, String.raw`\$&`);

const action = (completes: Completes | undefined): string => {
  if (isList(completes)) return `(${completes.join(' ')})`;
  if (completes === 'directory') return '_files -/';
  return completes === 'file' ? '_files' : ' ';
};

const options = (option: OptionSpec): string[] => {
  const value = option.value === undefined ? '' : `:${plain(option.value)}:${action(option.completes)}`;
  const names = words(option);
  return names.map((name) => {
    const takes = value === '' ? '' : name.startsWith('--') ? '=' : '+';
    return quote(`(${names.join(' ')})${name}${takes}[${plain(option.text)}]${value}`);
  });
};
