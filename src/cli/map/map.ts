import { buffered, bufferUnordered } from '../../flow/buffered.ts';
import { toPrintable } from '../byte-path.ts';
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
import type { LineResult } from './line-result.ts';
import type { MapArguments } from './map-arguments.ts';
import { mendOutput } from './mend-output.ts';

/** Bytes of a line that its entry in a log repeats. */
const mostLogged = 1000;

/** `millrace map MODULE#EXPORT`: JSON values in, JSON values out. */
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
  const executor = session.open(args.workers);
  const halt = args.halt === undefined ? undefined : new Halt(args.halt);
  const signal = halt?.signal;
  let called = false;

  async function* thunks(): AsyncGenerator<() => Promise<LineResult>, undefined> {
    const lines = numberedLines(input);
    for await (const line of halt === undefined ? lines : halt.until(lines)) {
      if (log?.done.has(line.line) === true) session.advance({ bytes: line.bytes?.length ?? 0 });
      else yield () => run(line);
    }
  }

  async function run(line: NumberedLine): Promise<LineResult> {
    called = true;
    const result = await callLine(line, { executor, call, attempts, timeoutMs, outcomes, signal });
    // Asked when a line ends, not when its turn to be printed comes.
    if (!session.interrupted && halt?.count(result.failure === undefined) === true) {
      void session.remark(`--halt ${halt.rule.text}: no more lines are begun`);
    }
    return result;
  }

  function deliver(result: LineResult): Promise<void> | undefined {
    const { line, text, failure, bytes } = result;
    // What a halt or a signal has ended is not through: it is neither told nor logged.
    if (session.interrupted || (failure !== undefined && failure.reason === signal?.reason)) return undefined;
    const told = failure === undefined ? undefined : session.fail(`line ${line}`, failure.reason);
    session.advance({ bytes: bytes?.length ?? 0 });
    const written =
      journal === undefined ? session.output.write(text) : journal.add(text, entryOf(result, args.name));
    return written === undefined ? told : written.then(() => told);
  }

  await session.follow(executor, isTyped(input) ? undefined : () => countLines(input));
  // A line that halts is the last one: none may be on its way to a worker behind it.
  const most = halt === undefined ? executor.capacity : executor.stats().workers;
  try {
    for await (const result of (ordered ? buffered : bufferUnordered)(thunks(), most, { onLeave: 'wait' })) {
      await deliver(result);
    }
    await journal?.end();
    // A function that is missing is no less so when there is nothing to call it with.
    if (!called && !session.interrupted) await executor.run(checkTarget(target));
  } catch (error) {
    if (session.interrupted) return;
    refuseInvalid(error);
    if (error instanceof UsageError) throw error;
    await journal?.end();
    await session.fail(input ?? 'standard input', error);
  }
}

function entryOf({ line, text, status, startedAt, ms, bytes }: LineResult, name: string): string {
  const value = bytes?.subarray(0, mostLogged).toString('latin1').trim() ?? '';
  const command = `${toPrintable(name)} ${value}`;
  return formatEntry({ line, startedAt, ms, received: text.length, status, command });
}
