import { completionCommand, helpCommand, manCommand } from './about-commands.ts';
import { clusterCommand } from './cluster-command.ts';
import type { CommandSpec } from './command.ts';
import { hashCommand } from './hash-command.ts';
import { mapCommand } from './map-command.ts';
import { resizeCommand } from './resize-command.ts';
import { tuneCommand } from './tune-command.ts';
import { workerCommand } from './worker-command.ts';

/**
 * The table of all commands and options. The parser accepts what it lists; help, completion, man page and reference
 * print it.
 */
export const commands: readonly CommandSpec[] = [
  hashCommand,
  mapCommand,
  resizeCommand,
  tuneCommand,
  workerCommand,
  clusterCommand,
  helpCommand,
  completionCommand,
  manCommand,
];

export const exitCodeTexts: readonly (readonly [code: number, text: string])[] = [
  [0, 'everything succeeded'],
  [1, 'an item failed or a checksum did not match; the other items were processed'],
  [2, 'the command line is invalid; nothing was done'],
  [130, 'interrupted (Ctrl-C)'],
  [141, 'the reader of standard output closed it'],
  [143, 'terminated (SIGTERM)'],
];
