#!/usr/bin/env node
import { check } from './check.ts';
import { helpFor, parseCommand, UsageError } from './arguments.ts';
import type { Arguments } from './arguments.ts';
import { hash } from './hash.ts';
import { map } from './map.ts';
import { resize } from './resize.ts';
import { Session } from './session.ts';
import { version } from './version.ts';

/** 0 all went well, 1 something failed and was reported, 2 wrong usage, 128 + n ended by signal n. */
async function main(words: readonly string[]): Promise<number> {
  const [name] = words;
  if (name === '--version' || name === '-V') {
    process.stdout.write(`millrace ${version()}\n`);
    return 0;
  }
  try {
    const args = parseCommand(words);
    if (args.help) {
      process.stdout.write(helpFor(args.command));
      return 0;
    }
    return await run(args);
  } catch (error) {
    const isUsage = error instanceof UsageError;
    const hint = isUsage ? "Try 'millrace --help'.\n" : '';
    process.stderr.write(`millrace: ${error instanceof Error ? error.message : String(error)}\n${hint}`);
    return isUsage ? 2 : 1;
  }
}

async function run(args: Arguments): Promise<number> {
  const session = new Session(args.workers);
  try {
    if (args.command === 'resize') await resize(session, args);
    else if (args.command === 'map') await map(session, args);
    else if (args.check === undefined) await hash(session, args);
    else await check(session, args, args.check);
    return await session.end();
  } catch (error) {
    await session.abandon();
    throw error;
  }
}

process.exitCode = await main(process.argv.slice(2));
