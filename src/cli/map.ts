import type { MapArguments } from './arguments.ts';
import { fromText } from './byte-path.ts';
import { countLines, isTyped } from './input.ts';
import { readJsonLines } from './json-lines.ts';
import type { JsonLine } from './json-lines.ts';
import type { Session } from './session.ts';
import { checkTarget, refuseInvalid, taskMaker } from './task-target.ts';
import { UsageError } from './usage-error.ts';

/** `millrace map MODULE#EXPORT`: JSON values in, JSON values out. */
export async function map(
  session: Session,
  { target, input, ordered, workers }: MapArguments,
): Promise<void> {
  const executor = session.open(workers);
  const call = taskMaker(target);
  const failLine = (line: number, reason: unknown) => session.fail(`line ${line}`, reason);
  let called = false;
  const toTask = ({ value }: JsonLine) => {
    called = true;
    return call(value);
  };

  try {
    await session.each(
      readJsonLines(input, failLine),
      toTask,
      ({ line }, outcome) => {
        if (outcome.status === 'fulfilled') return write(line, outcome.value);
        refuseInvalid(outcome.reason);
        return failLine(line, outcome.reason);
      },
      { executor, ordered, total: isTyped(input) ? undefined : () => countLines(input) },
    );
    // A function that is missing is no less so when there is nothing to call it with.
    if (!called && !session.interrupted) await executor.run(checkTarget(target));
  } catch (error) {
    if (session.interrupted) return;
    refuseInvalid(error);
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
