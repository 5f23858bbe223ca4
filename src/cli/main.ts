#!/usr/bin/env node
import { parseArguments } from './arguments.ts';
import type { Arguments } from './arguments.ts';
import { fromText, ownArguments } from './byte-path.ts';
import { check } from './check.ts';
import { exitCodes } from './exit-codes.ts';
import type { ExitCode } from './exit-codes.ts';
import { hash } from './hash.ts';
import { map } from './map.ts';
import { Output } from './output.ts';
import { resize } from './resize.ts';
import { Session } from './session.ts';
import { usage } from './usage.ts';
import { UsageError } from './usage-error.ts';
import { version } from './version.ts';

async function main(words: readonly string[]): Promise<ExitCode> {
  try {
    const args = parseArguments(ownArguments(words));
    if (args.command === 'help') return await print(process.stdout, usage(args.about), exitCodes.ok);
    if (args.command === 'version') return await print(process.stdout, `${version()}\n`, exitCodes.ok);
    return await run(args);
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    return print(process.stderr, `millrace: ${error.message}\nTry 'millrace --help'.\n`, exitCodes.usage);
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
      const { tune } = await import('./tune/tune.ts');
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
process.exit(await main(process.argv.slice(2)));
