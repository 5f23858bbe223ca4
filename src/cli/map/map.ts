import { insideOf } from '../../executor/inside.ts';
import type { Inside } from '../../executor/inside.ts';
import { buffered, bufferUnordered } from '../../flow/buffered.ts';
import { toPrintable } from '../byte-path.ts';
import { CommandLoop } from '../command-loop.ts';
import { countLines, isTyped } from '../input.ts';
import { numberedLines } from '../json-lines.ts';
import type { NumberedLine } from '../json-lines.ts';
import type { Session } from '../session.ts';
import { checkTarget, refuseInvalid, taskMaker } from '../task-target.ts';
import { UsageError } from '../usage-error.ts';
import { callLine } from './call-line.ts';
import { Halt } from './halt.ts';
import { JobLog, formatEntry } from './joblog.ts';
import { Journal } from './journal.ts';
import { printed } from './line-result.ts';
import type { LineResult } from './line-result.ts';
import type { MapArguments } from './map-arguments.ts';
import { mendOutput } from './mend-output.ts';

/** Most bytes of a line that its log entry quotes. */
const mostLogged = 1000;

/** `millrace map MODULE#EXPORT`: calls the function for each line of JSON and prints its results as lines of JSON. */
export async function map(session: Session, args: MapArguments): Promise<void> {
  const { joblog } = args;
  if (joblog === undefined) return mapLines(session, args, undefined);
  let log: JobLog;
  try {
    log = await JobLog.open(joblog);
  } catch (error) {
    await session.fail(joblog.file, error);
    return;
  }
  if (joblog.resume !== undefined) mendOutput(process.stdout.fd);
  await mapLines(session, args, log);
}

async function mapLines(session: Session, args: MapArguments, log: JobLog | undefined): Promise<void> {
  const { target, input, ordered, outcomes, attempts, timeoutMs } = args;
  const call = taskMaker(target);
  const journal = log === undefined ? undefined : new Journal(session.output, log);
  const executor = await session.open(args.workers);
  const halt = args.halt === undefined ? undefined : new Halt(args.halt);
  const signal = halt?.signal;
  // With a halt rule, lines are called one per worker, so that none waits in the queue when the halt comes.
  const most = halt === undefined ? executor.capacity : executor.stats().workers;
  const inside = insideOf(executor) as Inside;
  const loop = new CommandLoop(most);
  inside.show(loop);
  let called = false;

  async function* thunks(): AsyncGenerator<() => Promise<LineResult>, undefined> {
    const lines = numberedLines(input);
    loop.pulls();
    for await (const line of halt === undefined ? lines : halt.until(lines)) {
      if (log?.done.has(line.line) === true) session.advance(() => line.bytes?.length ?? 0);
      else {
        loop.pulled();
        yield () => run(line);
        loop.pulls();
      }
    }
    loop.inputEnded();
  }

  async function run(line: NumberedLine): Promise<LineResult> {
    called = true;
    const result = await callLine(line, { inside, call, attempts, timeoutMs, outcomes, signal });
    loop.ended();
    // The halt rule counts a line when its call ends; with `--ordered` it may be printed later.
    if (result.items === undefined) count(result);
    return result;
  }

  function count({ failure }: LineResult): void {
    if (!session.interrupted && halt?.count(failure === undefined) === true) {
      const rest = halt.rule.when === 'now' ? ', and those that run are ended' : '';
      void session.remark(`--halt ${halt.rule.text}: no more lines are begun${rest}`);
    }
  }

  /** Prints the values of a generator as they come; with a log all of them at its end, since an entry stands for them all. */
  async function deliverItems(result: LineResult, items: AsyncIterable<unknown>): Promise<void> {
    let text = '';
    let end: Pick<LineResult, 'text' | 'failure' | 'status'> = { text: '', failure: undefined, status: 'ok' };
    try {
      for await (const value of items) {
        const shown = printed(result.line, { value }, outcomes);
        if (shown.failure !== undefined) end = shown;
        if (shown.failure !== undefined || session.interrupted) break;
        if (journal === undefined) await loop.writing(session.output.write(shown.text));
        else text += shown.text;
      }
    } catch (reason) {
      end = printed(result.line, { reason }, outcomes);
    }
    const whole = { ...result, ...end, text: text + end.text };
    count(whole);
    await deliver(whole);
  }

  function deliver(result: LineResult): Promise<void> | undefined {
    const { line, text, failure, bytes } = result;
    // After a signal nothing is delivered. A call that the halt has ended is neither reported nor logged.
    if (session.interrupted) return undefined;
    if (failure !== undefined && signal?.aborted === true && failure.reason === signal.reason)
      return undefined;
    const told = failure === undefined ? undefined : session.fail(`line ${line}`, failure.reason);
    session.advance(() => bytes?.length ?? 0);
    const written =
      journal === undefined ? session.output.write(text) : journal.add(text, entryOf(result, args.name));
    return written === undefined ? told : loop.writing(written).then(() => told);
  }

  await session.follow(executor, isTyped(input) ? undefined : () => countLines(input));
  try {
    for await (const result of (ordered ? buffered : bufferUnordered)(thunks(), most, { onLeave: 'wait' })) {
      const { items } = result;
      await (items === undefined ? deliver(result) : deliverItems(result, items));
      loop.through();
    }
    await journal?.end();
    // Awaited here and not only by the session, so that the inspector shows the wait for the reader.
    await loop.writing(session.output.end());
    // Without a line to call, a missing function would go unnoticed.
    if (!called && !session.interrupted) await executor.run(checkTarget(target));
  } catch (error) {
    if (session.interrupted) return;
    refuseInvalid(error);
    if (error instanceof UsageError) throw error;
    await journal?.end();
    await session.fail(input ?? 'standard input', error);
  } finally {
    loop.over();
  }
}

function entryOf({ line, text, status, startedAt, ms, bytes }: LineResult, name: string): string {
  const value = bytes?.subarray(0, mostLogged).toString('latin1').trim() ?? '';
  const command = `${toPrintable(name)} ${value}`;
  return formatEntry({ line, startedAt, ms, received: text.length, status, command });
}
