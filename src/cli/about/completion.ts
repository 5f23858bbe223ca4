import type { Shell } from '../table/about-commands.ts';
import { bashCompletion } from './completion-bash.ts';
import { fishCompletion } from './completion-fish.ts';
import { zshCompletion } from './completion-zsh.ts';

const scripts: Record<Shell, () => string> = {
  bash: bashCompletion,
  zsh: zshCompletion,
  fish: fishCompletion,
};

/** Returns the completion script of a shell. It lists all commands and options, so that Tab does not start the program. */
export const completionScript = (shell: Shell): string => scripts[shell]();
