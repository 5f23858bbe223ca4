import { commonOptions } from '../table/command.ts';
import type { CommandSpec, Completes } from '../table/command.ts';
import { commands } from '../table/commands.ts';
import { allOptions, isList, words } from './completion-words.ts';

export function bashCompletion(): string {
  const first = [...commands.map(({ name }) => name), ...commonOptions.flatMap(words)];
  return `# Completion of millrace for bash: source <(millrace completion bash)
_millrace() {
  # Names of files may contain blanks: what is offered stands on lines of its own.
  local IFS=$'\\n' cur=\${COMP_WORDS[COMP_CWORD]} prev=\${COMP_WORDS[COMP_CWORD-1]}
  # A word such as --fit=cover arrives in three.
  if [[ $cur == = ]]; then cur=; elif [[ $prev == = ]]; then prev=\${COMP_WORDS[COMP_CWORD-2]}; fi
  if ((COMP_CWORD == 1)); then
    ${offer(first)}
    return
  fi
  compopt -o filenames 2>/dev/null
  case \${COMP_WORDS[1]} in
${commands.map(commandCase).join('')}  esac
}
complete -F _millrace millrace
`;
}

function commandCase(command: CommandSpec): string {
  const values = allOptions(command).filter(
    ({ value, optional }) => value !== undefined && optional !== true,
  );
  return `    ${command.name})
      case $prev in
${values.map((option) => `        ${words(option).join('|')}) ${offer(option.completes)}; return ;;\n`).join('')}      esac
      case $cur in
        -*) ${offer(allOptions(command).flatMap(words))} ;;
        *) ${offer(command.completes)} ;;
      esac ;;\n`;
}

function offer(completes: Completes | undefined): string {
  if (isList(completes))
    return String.raw`COMPREPLY=($(compgen -W $'${completes.join(String.raw`\n`)}' -- "$cur"))`;
  if (completes === 'directory') return 'COMPREPLY=($(compgen -d -- "$cur"))';
  return completes === 'file' ? 'COMPREPLY=($(compgen -f -- "$cur"))' : 'COMPREPLY=()';
}
