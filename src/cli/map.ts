import { isUtf8 } from 'node:buffer';
import { InvalidTaskError, tasks } from '../index.ts';
import type { Task } from '../index.ts';
import type { MapArguments } from './arguments.ts';
import { fromText } from './byte-path.ts';
import { countLines, isTyped, openInput } from './input.ts';
import { readLines } from './lines.ts';
import type { Session } from './session.ts';
import { UsageError } from './usage-error.ts';

interface Item {
  /** From 1, as editors count. */
  readonly line: number;
  readonly value: unknown;
}

/** `millrace map MODULE#EXPORT`: JSON values in, JSON values out. */
export async function map(session: Session, { module, name, input, ordered }: MapArguments): Promise<void> {
  const call = taskMaker(module, name);
  const failLine = (line: number, reason: unknown) => session.fail(`line ${line}`, reason);

  async function* items(): AsyncGenerator<Item, undefined> {
    let line = 0;
    for await (const bytes of readLines(openInput(input))) {
      line++;
      try {
        const text = textOf(bytes);
        if (text === '') continue;
        yield { line, value: JSON.parse(text) };
      } catch (error) {
        await failLine(line, error);
      }
    }
  }

  try {
    await session.each(
      items(),
      ({ value }) => call(value),
      ({ line }, outcome) => {
        if (outcome.status === 'fulfilled') return write(line, outcome.value);
        // No line's fault, and the same for all of them.
        if (outcome.reason instanceof InvalidTaskError) throw new UsageError(outcome.reason.message);
        return failLine(line, outcome.reason);
      },
      { ordered, total: isTyped(input) ? undefined : () => countLines(input) },
    );
  } catch (error) {
    if (error instanceof UsageError) throw error;
    await session.fail(input ?? 'standard input', error);
  }

  function write(line: number, value: unknown): Promise<void> | undefined {
    try {
      // What JSON has no word for, like undefined, is null.
      return session.output.write(fromText(`${JSON.stringify(value) ?? 'null'}\n`));
    } catch (error) {
      return failLine(line, error);
    }
  }
}

/** Without the white space around it, a byte order mark included. */
function textOf(line: Buffer | undefined): string {
  if (line === undefined) throw new RangeError('is too long');
  if (!isUtf8(line)) throw new TypeError('is not UTF-8');
  return line.toString('utf8').trim();
}

function taskMaker(module: URL, name: string): (value: unknown) => Task<unknown> {
  const maker = tasks<Record<string, (value: unknown) => unknown>>(module)[name];
  if (maker === undefined) throw new UsageError(`'${name}' can't be the name of a task`);
  return maker;
}
