import type { MessagePort, Transferable } from 'node:worker_threads';
import type { EncodedReason } from './error-codec.ts';
import type { CallFlow } from '../../tasks/call-flow.ts';
import type { OutputLine } from './output-line.ts';
import type { Carrier } from './trace-context.ts';
import type { PollLimits } from './poll-places.ts';
import type { Encoded, Extras } from './value-codec.ts';
import type { Submit, Told, Took, Withdraw, Waits, Items, ReadOn } from './nested-messages.ts';
import type { Draw, Fed, LeaveSource, Pull, Supplied } from './source-messages.ts';

/**
 * The messages between the threads. An own property `kind` tells them apart: tasks share `Object.prototype` with the thread, and may
 * have added any name to it. The main thread trusts no message of a worker: `read-message.ts` checks each one.
 *
 * ```
 *   main ── Boot ────→ worker      once, as a Piscina run; it carries a port for what follows
 *   main ── BatchMessage → worker
 *   main ←─ Begun ──── worker      for a batch that asks for it
 *   main ←─ Unread ─── worker      for a message that can't be read
 *   main ←─ Answers ── worker      one or more for each batch
 *   main ── LoneCall → worker      instead, for one task with primitive arguments (lone-call.ts)
 *   main ←─ LoneAnswer worker      if its result is primitive; else Answers
 *   main ── Stop ────→ worker      to a running task that has been cancelled
 *   main ←─ Reported ─ worker      by a running task
 *   main ── Resume ──→ worker      a report has been taken, and the next one waits
 *   main ── Recalled → worker      after a `full` answer: the tasks that the thread had not begun were taken back
 *   main ←─ Submit ───── worker      a running task submits a task of its own
 *   main ── Told ────→ worker      that task has been admitted, or has settled
 *   main ←─ Withdraw ─ worker      the running task cancels that task
 *   main ←─ Took ───── worker      the running task has read the items that the generator it iterates waits for
 *   main ←─ Waits ──── worker      a task waits for child tasks, items or its reader, and leaves the thread to others
 *   main ←─ Items ──── worker      a generator has yielded items
 *   main ── ReadOn ──→ worker      the generator's reader has read the items that it waits for
 *   main ←─ Pull ───── worker      a task begins to read a source, or has read the items that the source waits for
 *   main ── Fed ─────→ worker      the source has yielded items, or has ended
 *   main ←─ LeaveSource worker     the task stops reading the source
 *   main ── Draw ────→ worker      as `Pull` and `LeaveSource`, for a source that a task has passed to a child task
 *   main ←─ Supplied ─ worker      as `Fed`, for such a source
 *   main ── Leave ───→ worker      an idle thread is to clean up
 *   main ←─ Left ───── worker      the thread has cleaned up, and may be ended
 *   main ←─ Spoiled ── worker      a task has changed built-ins; the thread asks to be replaced
 *   main ←─ Uncaught ─ worker      an uncaught error, which ends the thread unless the task module catches it
 *   main ←─ Exiting ── worker      the thread ends by `process.exit` or an uncaught error
 *   main ←─ Returned ─ worker      before its end: what had moved to it for tasks that it has not begun
 *   main ←─ Broken ─── worker      the thread can't go on
 *   main ←─ claims ──→ worker      shared memory; see claims.ts
 * ```
 */
export type ToWorker = BatchMessage | Stop | Resume | Recalled | Told | ReadOn | Fed | Draw | Leave;
export type ToMain =
  | Begun
  | Unread
  | Answers
  | Reported
  | Submit
  | Withdraw
  | Took
  | Waits
  | Items
  | Pull
  | LeaveSource
  | Supplied
  | Left
  | Uncaught
  | Returned
  | Exiting
  | Spoiled
  | Broken;

export interface Boot {
  readonly port: MessagePort;
  /** Carries the thread's output. */
  readonly output: OutputLine;
  readonly claims: SharedArrayBuffer;
  /** So that the thread can poll for messages. `words`: `PollWords`. */
  readonly poll: { readonly words: SharedArrayBuffer; readonly limits: PollLimits };
  /** Origin of the main thread's clock: the thread converts its times to that clock. Milliseconds. */
  readonly clockOrigin: number;
  /** Bytes of heap and external memory beyond which the thread asks to be replaced. */
  readonly maxBytes: number;
  /** One word: the number of idle workers of the executor. */
  readonly idle: SharedArrayBuffer;
  /** The number of workers of the executor. */
  readonly workers: number;
  /** `workerData`, if Node's cloning would change it; else undefined. */
  readonly workerData: Encoded | undefined;
}

/** Calls of several tasks as one message, with few objects: each one costs time to clone. */
export interface BatchMessage {
  readonly kind: 'batch';
  /** Sequence number in this worker; the answers name it. */
  readonly id: number;
  /** Index of the first task's claim word; the others follow. */
  readonly base: number;
  /** Flat triples: target index, number of consecutive tasks of that target, arguments of each of them. */
  readonly runs: readonly number[];
  /** All arguments, one task after the other. */
  readonly args: unknown[];
  /** Answer with a `Begun` when the first task has been claimed. */
  readonly announce: boolean;
  /** Send results before another task begins once the oldest is so many milliseconds old. */
  readonly holdMs: number;
  /** Targets that this worker has not seen: index, module, name. */
  targets?: readonly (readonly [index: number, module: string, name: string])[];
  /** The parts of the arguments that cloning would change; see value-codec.ts. */
  extras?: Extras;
  /** Transfer lists of this message, by the position of the task. */
  moved?: readonly (readonly [position: number, transfer: readonly Transferable[]])[];
  /** The only task is a generator, whose items are sent as it yields. */
  flow?: CallFlow;
  /** Positions of the arguments of the only task that are sources. */
  sources?: readonly number[];
  /** Trace headers, by the position of the task. */
  carriers?: readonly (readonly [position: number, carrier: Carrier])[];
}

/** The first task of a batch has been claimed. */
export interface Begun {
  readonly kind: 'begun';
  /** The batch's id, as in all messages below. */
  readonly begun: number;
}

/** A message arrived that this thread can't read, because it is nested too deeply for its stack: a batch, which never runs, or a result. */
export interface Unread {
  readonly kind: 'unread';
  /** Sequence number of the message, from 1. */
  readonly unread: number;
  readonly reason: EncodedReason;
}

/** Results of consecutive tasks of a batch. */
export interface Answers {
  readonly kind: 'answers';
  readonly id: number;
  /** Position of the first of them in the batch. */
  readonly from: number;
  /** Nothing of this batch will follow. */
  readonly last: boolean;
  /** `undefined` for a task that failed or had been taken back. */
  readonly values: unknown[];
  readonly failures?: readonly (readonly [position: number, reason: EncodedReason])[];
  /** The parts of values that cloning would change. */
  readonly extras?: readonly Extras[];
  /** The thread asks to be replaced. It begins no other task before `Recalled`. */
  readonly full?: boolean;
}

export interface Stop {
  readonly kind: 'stop';
  readonly stop: number;
  readonly position: number;
  readonly reason: EncodedReason;
}

export interface Reported {
  readonly kind: 'reported';
  readonly reported: number;
  readonly position: number;
  /** One value. */
  readonly report: Encoded;
}

interface Resume {
  readonly kind: 'resume';
}

/** The reply to a `full` answer: the tasks that the thread has not begun were taken back, as far as possible. */
interface Recalled {
  readonly kind: 'recalled';
}

interface Leave {
  readonly kind: 'leave';
}

export interface Left {
  readonly kind: 'left';
  /** Modules whose `teardown()` failed, and why. */
  readonly left: readonly (readonly [module: string, reason: EncodedReason])[];
}

/** An uncaught error, encoded whole: Node's own `error` event keeps less of it. */
export interface Uncaught {
  readonly kind: 'uncaught';
  readonly uncaught: EncodedReason;
}

/** The arguments of a task and the part of them that moved, by the task's position in the batch. */
type ReturnedTask = readonly [position: number, args: Encoded, transfer: readonly Transferable[]];

/** The thread is ending, and hands back what had moved to it for tasks that it has not begun. */
export interface Returned {
  readonly kind: 'returned';
  readonly returned: number;
  readonly tasks: readonly ReturnedTask[];
}

/** The thread ends by `process.exit` or an uncaught error, and has begun to emit `exit`. */
export interface Exiting {
  readonly kind: 'exiting';
}

/** A task has changed built-ins of its thread, which asks to be replaced. */
export interface Spoiled {
  readonly kind: 'spoiled';
  /** Names of the changed built-ins. */
  readonly spoiled: readonly string[];
}

/** The thread can't go on: a task has changed something that the thread's own code needs. */
export interface Broken {
  readonly kind: 'broken';
  readonly why: string;
}
