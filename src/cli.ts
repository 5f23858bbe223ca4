#!/usr/bin/env node
import { ownArguments, toPrintable } from './cli/byte-path.ts';
import { exitCodes } from './cli/exit-codes.ts';
import type { ExitCode } from './cli/exit-codes.ts';
import { sortWords } from './cli/given.ts';
import type { Given } from './cli/given.ts';
import { printable } from './base/printable.ts';
import type { Session } from './cli/session.ts';
import { suggestion } from './cli/suggestion.ts';
import type { CommandName, CommandSpec } from './cli/table/command.ts';
import { commands } from './cli/table/commands.ts';
import { UsageError } from './cli/usage-error.ts';
import { watchArguments } from './cli/watch-arguments.ts';
import type { About } from './cli/about/about.ts';

/*
 * Each command is loaded when it is called: what prints a text begins without threads, and what hashes without charts.
 */

async function main(words: readonly string[]): Promise<ExitCode> {
  let name: string | undefined;
  try {
    const [first, ...rest] = ownArguments(words);
    if (first === '--help' || first === '-h') return await print({ kind: 'help', command: undefined });
    if (first === '--version' || first === '-V') return await print({ kind: 'version' });
    const command = await commandOf(first);
    // What has no such name is in the list of all.
    if (command.name !== 'help') name = command.name;
    const given = await sortWords(rest, command);
    if (given.values.has('help')) return await print({ kind: 'help', command });
    if (given.values.has('version')) return await print({ kind: 'version' });
    if (command.options.some(({ name: option, writes }) => writes === true && given.values.has(option))) {
      const { checkOverwrites } = await import('./cli/overwrites.ts');
      checkOverwrites(given, command.options);
    }
    return await calls[command.name](given);
  } catch (error) {
    const advice = `Try '${name === undefined ? 'millrace' : `millrace ${name}`} --help'.\n`;
    if (error instanceof UsageError)
      return print({ kind: 'refusal', text: `millrace: ${printable(error.message)}\n${advice}` });
    // A package that is missing, for example.
    if (!(error instanceof Error && 'code' in error)) throw error;
    return print({ kind: 'failure', text: `millrace: ${printable(error.message)}\n` });
  }
}

/** @throws {UsageError} if there is none of that name. */
async function commandOf(name: string | undefined): Promise<CommandSpec> {
  if (name === undefined) throw new UsageError('no command given');
  const command = commands.find((known) => known.name === name);
  if (command !== undefined) return command;
  const similar = await suggestion(
    name,
    commands.map((known) => known.name),
  );
  const advice = similar === undefined ? '' : ` (did you mean ${similar}?)`;
  throw new UsageError(`unknown command '${toPrintable(name)}'${advice}`);
}

const calls: Record<CommandName, (given: Given) => Promise<ExitCode>> = {
  async hash(given) {
    const { hashArguments } = await import('./cli/hash-arguments.ts');
    const args = await hashArguments(given);
    if (args.command === 'check') {
      const { check } = await import('./cli/check.ts');
      return run(given, 'hash', (session) => check(session, args));
    }
    const { hash } = await import('./cli/hash.ts');
    return run(given, 'hash', (session) => hash(session, args));
  },
  async map(given) {
    const { mapArguments } = await import('./cli/map/map-arguments.ts');
    const args = mapArguments(given);
    const { map } = await import('./cli/map/map.ts');
    return run(given, 'map', (session) => map(session, args));
  },
  async resize(given) {
    const { resizeArguments } = await import('./cli/resize-arguments.ts');
    const args = resizeArguments(given);
    const { resize } = await import('./cli/resize.ts');
    return run(given, 'resize', (session) => resize(session, args));
  },
  async tune(given) {
    const { tuneArguments } = await import('./cli/tune/tune-arguments.ts');
    const args = tuneArguments(given);
    const { tune } = await import('./cli/tune/tune.ts');
    return run(given, 'tune', (session) => tune(session, args));
  },
  async worker(given) {
    const { workerArguments } = await import('./cli/cluster/worker-arguments.ts');
    const args = workerArguments(given);
    const { worker } = await import('./cli/cluster/worker.ts');
    return worker(args);
  },
  async cluster(given) {
    const { statusArguments } = await import('./cli/cluster/status-arguments.ts');
    const args = statusArguments(given);
    const { status } = await import('./cli/cluster/status.ts');
    return status(args);
  },
  help: async (given) => print({ kind: 'help', command: await explained(given) }),
  completion: (given) => print({ kind: 'completion', shell: given.operands }),
  man({ operands: [operand] }) {
    if (operand !== undefined) throw new UsageError(`man takes no operand ('${toPrintable(operand)}')`);
    return print({ kind: 'man' });
  },
};

async function explained({ operands: [name, more] }: Given): Promise<CommandSpec | undefined> {
  if (more !== undefined)
    throw new UsageError(`help takes one command, and not '${toPrintable(more)}' as well`);
  return name === undefined ? undefined : commandOf(name);
}

async function run(
  { values }: Given,
  command: CommandName,
  work: (session: Session) => Promise<void>,
): Promise<ExitCode> {
  const watch = watchArguments(command, values);
  const { Session } = await import('./cli/session.ts');
  const session = new Session();
  try {
    await session.watch(watch);
    await work(session);
  } catch (error) {
    session.abort(error);
  }
  return session.end();
}

async function print(about: About): Promise<ExitCode> {
  const { printAbout } = await import('./cli/about/about.ts');
  const unwritten = await printAbout(about);
  if (about.kind === 'refusal') return exitCodes.usage;
  if (about.kind === 'failure') return exitCodes.failed;
  if (unwritten === undefined) return exitCodes.ok;
  if (unwritten.code === 'EPIPE') return exitCodes.closedPipe;
  const { reasonOf } = await import('./cli/reason.ts');
  return print({ kind: 'failure', text: `millrace: standard output: ${printable(reasonOf(unwritten))}\n` });
}

// Not by itself: a measurement of the host's load that nobody waits for would hold it up for a second.
void main(process.argv.slice(2)).then((exitCode) => process.exit(exitCode));
