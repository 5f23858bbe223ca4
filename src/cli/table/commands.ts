import { completionCommand, helpCommand, manCommand } from './about-commands.ts';
import type { CommandSpec } from './command.ts';
import { hashCommand } from './hash-command.ts';
import { mapCommand } from './map-command.ts';
import { resizeCommand } from './resize-command.ts';
import { tuneCommand } from './tune-command.ts';

/**
 * The one table of commands and options. The parser accepts what stands here; help, completion, the man page and the
 * reference print it.
 */
export const commands: readonly CommandSpec[] = [
  hashCommand,
  mapCommand,
  resizeCommand,
  tuneCommand,
  helpCommand,
  completionCommand,
  manCommand,
];

export const exitCodeTexts: readonly (readonly [code: number, text: string])[] = [
  [0, 'all went well'],
  [1, 'an item failed, or a checksum did not match; the others were done'],
  [2, 'the command line makes no sense; nothing was done'],
  [130, 'interrupted (Ctrl-C)'],
  [141, 'the reader of standard output went away'],
  [143, 'terminated (SIGTERM)'],
];
