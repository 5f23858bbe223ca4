import type { Shell } from '../table/about-commands.ts';
import { bashCompletion } from './completion-bash.ts';
import { fishCompletion } from './completion-fish.ts';
import { zshCompletion } from './completion-zsh.ts';

const scripts: Record<Shell, () => string> = {
  bash: bashCompletion,
  zsh: zshCompletion,
  fish: fishCompletion,
};

/** The script that teaches a shell to complete. It knows all by itself: the program is not started at the Tab key. */
export const completionScript = (shell: Shell): string => scripts[shell]();
