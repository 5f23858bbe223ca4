import { InvalidTaskError } from '../../index.ts';
import type { Executor, Future, Task } from '../../index.ts';
import { valueOf } from '../json-lines.ts';
import type { NumberedLine } from '../json-lines.ts';
import { printed } from './line-result.ts';
import type { LineResult, Settled } from './line-result.ts';

export interface CallOptions {
  readonly executor: Executor;
  readonly call: (value: unknown) => Task<unknown>;
  /** At the most; each is a submission of its own. */
  readonly attempts: number;
  readonly timeoutMs: number | undefined;
  readonly outcomes: boolean;
  /** Ends a call that runs, and makes no other. */
  readonly signal: AbortSignal | undefined;
}

interface Call {
  readonly settled: Settled;
  readonly startedAt: number;
  readonly ms: number;
}

/**
 * Calls the function for a line, again as long as it fails and may be. Never throws for what is wrong with the line.
 *
 * @throws {InvalidTaskError} if there is no such function.
 */
export async function callLine(line: NumberedLine, options: CallOptions): Promise<LineResult> {
  const { settled, startedAt, ms } = await lastCall(line, options);
  return { ...line, ...printed(line.line, settled, options.outcomes), startedAt, ms };
}

async function lastCall(line: NumberedLine, options: CallOptions): Promise<Call> {
  let value: unknown;
  try {
    value = valueOf(line);
  } catch (reason) {
    return { settled: { reason }, startedAt: Date.now(), ms: 0 };
  }
  for (let attempt = 1; ; attempt++) {
    const call = await callOnce(value, options);
    if ('value' in call.settled) return call;
    if (call.settled.reason instanceof InvalidTaskError) throw call.settled.reason;
    if (attempt === options.attempts || options.signal?.aborted === true) return call;
  }
}

async function callOnce(value: unknown, { executor, call, timeoutMs, signal }: CallOptions): Promise<Call> {
  let future: Future<unknown> | undefined;
  try {
    const options = {
      ...(timeoutMs !== undefined && { timeoutMs }),
      ...(signal && { signal, interrupt: true }),
    };
    future = await executor.submit(call(value), options);
    return { settled: { value: await future.result() }, ...timesOf(future) };
  } catch (reason) {
    return { settled: { reason }, ...timesOf(future) };
  }
}

function timesOf(future: Future<unknown> | undefined): Omit<Call, 'settled'> {
  const now = performance.now();
  const { submittedAt = now, startedAt = submittedAt, endedAt = now } = future?.timing ?? {};
  return { startedAt: performance.timeOrigin + startedAt, ms: Math.max(0, endedAt - startedAt) };
}
