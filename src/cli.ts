#!/usr/bin/env node
import { parseArguments } from './cli/arguments.ts';
import type { Arguments } from './cli/arguments.ts';
import { fromText, ownArguments } from './cli/byte-path.ts';
import { check } from './cli/check.ts';
import { exitCodes } from './cli/exit-codes.ts';
import type { ExitCode } from './cli/exit-codes.ts';
import { hash } from './cli/hash.ts';
import { map } from './cli/map.ts';
import { Output } from './cli/output.ts';
import { printable } from './cli/printable.ts';
import { resize } from './cli/resize.ts';
import { Session } from './cli/session.ts';
import { usage } from './cli/usage.ts';
import { UsageError } from './cli/usage-error.ts';
import { version } from './cli/version.ts';

async function main(words: readonly string[]): Promise<ExitCode> {
  try {
    const args = parseArguments(ownArguments(words));
    if (args.command === 'help') return await print(process.stdout, usage(args.about), exitCodes.ok);
    if (args.command === 'version') return await print(process.stdout, `${version()}\n`, exitCodes.ok);
    return await run(args);
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    return print(
      process.stderr,
      `millrace: ${printable(error.message)}\nTry 'millrace --help'.\n`,
      exitCodes.usage,
    );
  }
}

type Work = Exclude<Arguments, { readonly command: 'help' | 'version' }>;

async function run(args: Work): Promise<ExitCode> {
  const session = new Session();
  try {
    await perform(session, args);
  } catch (error) {
    session.abort(error);
  }
  return session.end();
}

async function perform(session: Session, args: Work): Promise<void> {
  switch (args.command) {
    case 'hash':
      await hash(session, args);
      break;
    case 'check':
      await check(session, args);
      break;
    case 'resize':
      await resize(session, args);
      break;
    case 'map':
      await map(session, args);
      break;
    case 'tune': {
      // With its charts it is half of the program: the others begin without it.
      const { tune } = await import('./cli/tune/tune.ts');
      await tune(session, args);
      break;
    }
  }
}

async function print(stream: NodeJS.WriteStream, text: string, exitCode: ExitCode): Promise<ExitCode> {
  const output = new Output(stream);
  void output.write(fromText(text));
  await output.end();
  return exitCode;
}

// Not by itself: a measurement of the host's load that nobody waits for would hold it up for a second.
void main(process.argv.slice(2)).then((exitCode) => process.exit(exitCode));
