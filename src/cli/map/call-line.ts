import type { Inside } from '../../executor/inside.ts';
import { InvalidTaskError } from '../../index.ts';
import type { Future, Task } from '../../index.ts';
import { valueOf } from '../json-lines.ts';
import type { NumberedLine } from '../json-lines.ts';
import { printed } from './line-result.ts';
import type { LineResult, Settled, Yielded } from './line-result.ts';

export interface CallOptions {
  readonly inside: Inside;
  readonly call: (value: unknown) => Task<unknown>;
  /** Calls for a line at most, from 1; each is a separate submission. */
  readonly attempts: number;
  readonly timeoutMs: number | undefined;
  readonly outcomes: boolean;
  /** When aborted, interrupts the running call and prevents further attempts. */
  readonly signal: AbortSignal | undefined;
}

interface Call {
  readonly settled: Settled | Yielded;
  readonly startedAt: number;
  readonly ms: number;
}

/**
 * Calls the function for a line, again after each failure, up to `attempts` times. A line that is no JSON is not called.
 * A failure of either kind is part of the result, not thrown.
 *
 * @throws {InvalidTaskError} if there is no such function.
 */
export async function callLine(line: NumberedLine, options: CallOptions): Promise<LineResult> {
  const { settled, startedAt, ms } = await lastCall(line, options);
  if ('items' in settled)
    return { ...line, text: '', failure: undefined, status: 'ok', items: settled.items, startedAt, ms };
  return { ...line, ...printed(line.line, settled, options.outcomes), items: undefined, startedAt, ms };
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
    if (!('reason' in call.settled)) return call;
    if (call.settled.reason instanceof InvalidTaskError) throw call.settled.reason;
    if (attempt === options.attempts || options.signal?.aborted === true) return call;
  }
}

async function callOnce(value: unknown, { inside, call, timeoutMs, signal }: CallOptions): Promise<Call> {
  let future: Future<unknown> | undefined;
  try {
    const options = {
      ...(timeoutMs !== undefined && { timeoutMs }),
      ...(signal && { signal, interrupt: true }),
    };
    const task = call(value);
    const opened = inside.open(task, options);
    if (opened !== null) {
      const { iteration } = opened;
      future = iteration.future;
      if (await opened.yields) return { settled: { items: iteration }, ...timesOf(future) };
    } else future = await inside.submit(task, options);
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
