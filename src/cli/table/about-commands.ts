import type { CommandSpec } from './command.ts';

const described = ['hash', 'map', 'resize', 'tune', 'worker', 'cluster', 'completion', 'man'];

export const shells = ['bash', 'zsh', 'fish'] as const;
export type Shell = (typeof shells)[number];

export const helpCommand: CommandSpec = {
  name: 'help',
  summary: 'explain a command',
  synopsis: ['[COMMAND]'],
  text: ['Explains a command and its options, or lists the commands.'],
  completes: described,
  options: [],
  examples: [{ line: 'millrace help hash', text: 'all options of hash' }],
};

export const completionCommand: CommandSpec = {
  name: 'completion',
  summary: 'print a script that teaches a shell to complete',
  synopsis: ['bash|zsh|fish'],
  text: [
    'Prints a script for a shell, which then completes commands, options and their values at the Tab key.',
  ],
  completes: shells,
  options: [],
  examples: [
    { line: 'source <(millrace completion bash)', text: 'in ~/.bashrc' },
    { line: 'source <(millrace completion zsh)', text: 'in ~/.zshrc, after compinit' },
    { line: 'millrace completion fish | source', text: 'in ~/.config/fish/config.fish' },
  ],
};

export const manCommand: CommandSpec = {
  name: 'man',
  summary: 'print the manual page',
  synopsis: [''],
  text: ['Prints the manual page, for man(1) to show.'],
  options: [],
  examples: [
    { line: 'millrace man | man -l -', text: 'read it' },
    {
      line: 'millrace man > ~/.local/share/man/man1/millrace.1',
      text: "where 'man millrace' finds it, if ~/.local/bin is in PATH; make the directory first",
    },
  ],
};
