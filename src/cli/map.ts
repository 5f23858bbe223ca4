import { pathToFileURL } from 'node:url';
import { tasks } from '../index.ts';
import type { Task } from '../index.ts';
import { UsageError } from './arguments.ts';
import type { Arguments } from './arguments.ts';
import { linesOf, openInput } from './lines.ts';
import type { Session } from './session.ts';

interface Line {
  readonly number: number;
  readonly value: unknown;
}

/** `millrace map MODULE#EXPORT`: JSON values in, JSON values out. */
export async function map(session: Session, { paths, input, ordered }: Arguments): Promise<void> {
  const call = taskMaker(paths[0] as string);

  async function* values(): AsyncGenerator<Line> {
    let number = 0;
    for await (const line of linesOf(openInput(input), 'utf8')) {
      number++;
      if (line.trim() === '') continue;
      try {
        yield { number, value: JSON.parse(line) };
      } catch (error) {
        if (!(error instanceof SyntaxError)) throw error;
        session.fail(`line ${number}`, error);
      }
    }
  }

  try {
    for await (const { item, outcome } of session.each(values(), ({ value }) => call(value), { ordered })) {
      if (outcome.status !== 'fulfilled') session.fail(`line ${item.number}`, outcome.reason);
      // What JSON has no word for, like undefined, is null.
      else await session.output.write(`${JSON.stringify(outcome.value) ?? 'null'}\n`);
    }
  } catch (error) {
    session.fail(input ?? 'standard input', error);
  }
}

function taskMaker(target: string): (value: unknown) => Task<unknown> {
  const [, module = '', name = ''] = /^(.+)#([^#]+)$/.exec(target) ?? [];
  if (module === '') throw new UsageError(`map takes MODULE#EXPORT, not '${target}'`);
  const url = /^[a-z]{2,}:/i.test(module) ? new URL(module) : pathToFileURL(module);
  const makers = tasks<Record<string, (value: unknown) => unknown>>(url);
  return makers[name] as (value: unknown) => Task<unknown>;
}
