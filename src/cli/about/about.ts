import { fromText, toPrintable } from '../byte-path.ts';
import type { BytePath } from '../byte-path.ts';
import { Output } from '../output.ts';
import { shells } from '../table/about-commands.ts';
import type { CommandSpec } from '../table/command.ts';
import { UsageError } from '../usage-error.ts';
import { version } from '../version.ts';
import { completionScript } from './completion.ts';
import { commandHelp, programHelp } from './help-text.ts';
import { manPage } from './man-page.ts';

/** What the program says about itself. */
export type About =
  | { readonly kind: 'help'; readonly command: CommandSpec | undefined }
  | { readonly kind: 'version' }
  | { readonly kind: 'completion'; readonly shell: readonly BytePath[] }
  | { readonly kind: 'man' }
  | { readonly kind: 'refusal' | 'failure'; readonly text: string };

/**
 * Prints it, a refusal or failure to standard error; resolves once it is written, with the error if it could not be.
 *
 * @throws {UsageError} for an unknown shell.
 */
export async function printAbout(about: About): Promise<NodeJS.ErrnoException | undefined> {
  let failure: NodeJS.ErrnoException | undefined;
  const output = new Output('text' in about ? process.stderr : process.stdout, {
    failed: (error) => (failure = error),
  });
  void output.write(fromText(textOf(about)));
  await output.end();
  return failure;
}

function textOf(about: About): string {
  if ('text' in about) return about.text;
  if (about.kind === 'help') return about.command === undefined ? programHelp() : commandHelp(about.command);
  if (about.kind === 'completion') return completionScript(shellOf(about.shell));
  return about.kind === 'man' ? manPage(version()) : `${version()}\n`;
}

function shellOf(names: readonly BytePath[]): (typeof shells)[number] {
  const [name = '', ...more] = names;
  const shell = shells.find((known) => known === name);
  if (shell !== undefined && more.length === 0) return shell;
  throw new UsageError(`completion takes one of ${shells.join(', ')}, not '${toPrintable(names.join(' '))}'`);
}
