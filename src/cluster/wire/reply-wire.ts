import { decodeReason, encodeReason } from '../../pool/wire/error-codec.ts';
import type { EncodedReason } from '../../pool/wire/error-codec.ts';
import { decode, encode } from '../../pool/wire/value-codec.ts';
import type { Extras } from '../../pool/wire/value-codec.ts';
import { fromBytes, toBytes } from './bytes.ts';

/** Why a task has no result: it threw, its thread ended while it ran, its timeout passed, or it was cancelled while it ran. */
export type FailureKind = 'threw' | 'crashed' | 'timeout' | 'cancelled';

/** How a task ended on its host. Times are milliseconds before the reply was made, so that no clocks are compared. */
export type RemoteOutcome = {
  readonly position: number;
  readonly beganAgoMs: number | undefined;
  readonly endedAgoMs: number | undefined;
} & (
  | { readonly status: 'fulfilled'; readonly value: unknown }
  | { readonly status: 'failed'; readonly kind: FailureKind; readonly reason: unknown }
);

export interface Reply {
  readonly host: string;
  readonly outcomes: readonly RemoteOutcome[];
  /** Tasks that threads execute. */
  readonly began: readonly (readonly [position: number, agoMs: number])[];
  /** Tasks told as begun that no thread executes now: their outcome follows, or they wait for tasks of their own. */
  readonly offThread: readonly number[];
  readonly reports: readonly (readonly [position: number, value: unknown])[];
  /** Positions that may have begun and have no outcome: a previous host may have begun them, or this host has given them up. */
  readonly doubtful: readonly number[];
  /** Positions that neither this host nor another one has begun. */
  readonly returned: readonly number[];
  /** Why this host can't run the returned tasks; undefined if it leaves, or if they were cancelled. */
  readonly why?: string | undefined;
}

interface WireReply extends Omit<Reply, 'outcomes' | 'reports'> {
  readonly positions: readonly number[];
  readonly values: unknown[];
  readonly extras?: Extras;
  readonly failures: readonly (readonly [position: number, kind: FailureKind, reason: EncodedReason])[];
  /** `beganAgoMs` and `endedAgoMs` of each outcome, fulfilled ones first; NaN if unknown. */
  readonly times: Float64Array;
  readonly reports: readonly (readonly [position: number, values: unknown[], extras: Extras | undefined])[];
}

/** Encodes a reply. A result that can't be sent fails its own task and no other; a report that can't be sent is left out. */
export function encodeReply(reply: Reply): Buffer {
  try {
    return encodeAll(reply);
  } catch {
    return encodeAll({
      ...reply,
      outcomes: reply.outcomes.map(sendable),
      reports: reply.reports.filter(([, value]) => problemOf([value]) === undefined),
    });
  }
}

function sendable(outcome: RemoteOutcome): RemoteOutcome {
  if (outcome.status !== 'fulfilled') return outcome;
  const reason = problemOf([outcome.value]);
  if (reason === undefined) return outcome;
  const { position, beganAgoMs, endedAgoMs } = outcome;
  return { position, beganAgoMs, endedAgoMs, status: 'failed', kind: 'threw', reason };
}

function problemOf(values: unknown[]): unknown {
  try {
    toBytes(encode(values));
    return undefined;
  } catch (error) {
    return error;
  }
}

function encodeAll({ outcomes, reports, ...rest }: Reply): Buffer {
  const fulfilled = outcomes.filter((outcome) => outcome.status === 'fulfilled');
  const failed = outcomes.filter((outcome) => outcome.status === 'failed');
  const times = new Float64Array(2 * outcomes.length);
  for (const [index, { beganAgoMs, endedAgoMs }] of [...fulfilled, ...failed].entries()) {
    times[2 * index] = beganAgoMs ?? NaN;
    times[2 * index + 1] = endedAgoMs ?? NaN;
  }
  const { values, extras } = encode(fulfilled.map(({ value }) => value));
  const wire: WireReply = {
    ...rest,
    positions: fulfilled.map(({ position }) => position),
    values,
    ...(extras === undefined ? {} : { extras }),
    failures: failed.map(({ position, kind, reason }) => [position, kind, encodeReason(reason)]),
    times,
    reports: reports.map(([position, value]) => {
      const report = encode([value]);
      return [position, report.values, report.extras];
    }),
  };
  return toBytes(wire);
}

/** Call it only with bytes whose seal is valid. @throws if this version of V8 can't read them. */
export function decodeReply(bytes: Uint8Array): Reply {
  const { positions, values, extras, failures, times, reports, ...rest } = fromBytes(bytes) as WireReply;
  const outcomes: RemoteOutcome[] = [];
  const timesOf = (): { beganAgoMs: number | undefined; endedAgoMs: number | undefined } => {
    const at = 2 * outcomes.length;
    return { beganAgoMs: known(times[at]), endedAgoMs: known(times[at + 1]) };
  };
  for (const [index, value] of decode({ values, extras }).entries()) {
    outcomes.push({ position: positions[index] as number, ...timesOf(), status: 'fulfilled', value });
  }
  for (const [position, kind, reason] of failures) {
    outcomes.push({ position, ...timesOf(), status: 'failed', kind, reason: decodeReason(reason) });
  }
  return {
    ...rest,
    outcomes,
    reports: reports.map(([position, own, more]) => [position, decode({ values: own, extras: more })[0]]),
  };
}

const known = (ms: number | undefined): number | undefined =>
  ms === undefined || Number.isNaN(ms) ? undefined : ms;
