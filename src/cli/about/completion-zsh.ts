import type { Completes, OptionSpec } from '../table/command.ts';
import { commonOptions } from '../table/command.ts';
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
  const own = commonOptions.flatMap((option) =>
    words(option).map((word) => quote(`${word}:${plain(option.text)}`)),
  );
  return `#compdef millrace
# Completion of millrace for zsh: source <(millrace completion zsh)
_millrace() {
  local curcontext="$curcontext" state line
  local -a commands=(
    ${names.join('\n    ')}
  )
  local -a own=(
    ${own.join('\n    ')}
  )
  if ((CURRENT == 2)); then
    if [[ $PREFIX == -* ]]; then _describe -o option own; else _describe command commands; fi
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

// Quotes a specification of _arguments or _describe as one word of the shell.
const quote = (text: string): string => `'${text.replaceAll("'", String.raw`'\''`)}'`;

const plain = (text: string): string => text.replaceAll(/[[\]\\:]/g, String.raw`\$&`);

const action = (completes: Completes | undefined): string => {
  if (isList(completes)) return `(${completes.join(' ')})`;
  if (completes === 'directory') return '_files -/';
  return completes === 'file' ? '_files' : ' ';
};

const options = (option: OptionSpec): string[] => {
  const colons = option.optional === true ? '::' : ':';
  const value =
    option.value === undefined ? '' : `${colons}${plain(option.value)}:${action(option.completes)}`;
  const names = words(option);
  return names.map((name) => {
    const takes = value === '' ? '' : name.startsWith('--') ? (option.optional === true ? '=-' : '=') : '+';
    return quote(`(${names.join(' ')})${name}${takes}[${plain(option.text)}]${value}`);
  });
};
