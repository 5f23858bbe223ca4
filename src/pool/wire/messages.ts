import type { MessagePort, Transferable } from 'node:worker_threads';
import type { EncodedReason } from './error-codec.ts';
import type { TaskOptions } from '../../tasks/task-options.ts';
import type { OutputLine } from './output-line.ts';
import type { Carrier } from './trace-context.ts';
import type { Encoded, Extras } from './value-codec.ts';

/**
 * What travels between the threads. Each message says by its own `kind` what it is: tasks share `Object.prototype` with the thread,
 * and may have added any name to it. What a thread sends is input, and not truth: `read-message.ts` reads it.
 *
 * ```
 *   main ── Boot ────→ worker      once, as a Piscina run; it carries a port for what follows
 *   main ── Batch ───→ worker
 *   main ←─ Begun ──── worker      for a batch that asks for it
 *   main ←─ Unread ─── worker      for a message that can't be read
 *   main ←─ Answers ── worker      one or more for each batch
 *   main ── Stop ────→ worker      to a running task that has been cancelled
 *   main ←─ Reported ─ worker      by a running task
 *   main ── Resume ──→ worker      a report has been taken, and the next one waits
 *   main ── Recalled → worker      the thread said that it is full: what it has not begun was taken back
 *   main ←─ Submit ───── worker      a running task submits a task of its own
 *   main ── Told ────→ worker      that task has been admitted, or has settled
 *   main ←─ Withdraw ─ worker      that task is not wanted any more
 *   main ←─ Waits ──── worker      a task waits for tasks of its own, and leaves the thread to others
 *   main ── Leave ───→ worker      an idle thread is to clean up
 *   main ←─ Left ───── worker      it has, and may be ended
 *   main ←─ Uncaught ─ worker      of what it ends, unless the task module catches it
 *   main ←─ Returned ─ worker      before its end, if things had moved to it in vain
 *   main ←─ claims ──→ worker      shared memory; see claims.ts
 * ```
 */
export type ToWorker = Batch | Stop | Resume | Recalled | Told | Leave;
export type ToMain =
  | Begun
  | Unread
  | Answers
  | Reported
  | Submit
  | Withdraw
  | Waits
  | Left
  | Uncaught
  | Returned
  | Exiting
  | Broken;

export interface Boot {
  readonly port: MessagePort;
  /** For what the thread prints. */
  readonly output: OutputLine;
  readonly claims: SharedArrayBuffer;
  /** Where the main thread's clock begins: times are told on it. */
  readonly clockOrigin: number;
  /** Bytes of heap and external memory beyond which the thread asks to be replaced. */
  readonly maxBytes: number;
  /** How many workers of the executor have nothing to do. */
  readonly idle: SharedArrayBuffer;
  /** The executor's. */
  readonly workers: number;
  /** `workerData`, if the thread has got it as something else. */
  readonly workerData: Encoded | undefined;
}

/** Calls of several tasks as one message: few objects in it, because each one costs time to clone. */
export interface Batch {
  readonly kind: 'batch';
  /** Counts up in each worker; the answers name it. */
  readonly id: number;
  /** Index of the first task's claim word; the others follow. */
  readonly base: number;
  /** Flat triples: target index, number of consecutive tasks of that target, arguments of each of them. */
  readonly runs: readonly number[];
  /** All arguments, one task after the other. */
  readonly args: unknown[];
  /** Answer with a `Begun` when the first task has been claimed. */
  readonly announce: boolean;
  /** Send each result on before the next task begins: nobody knows how long that will take. */
  readonly eager: boolean;
  /** Targets that this worker has not seen: index, module, name. */
  targets?: readonly (readonly [index: number, module: string, name: string])[];
  /** What makes the arguments what they were; see value-codec.ts. */
  extras?: Extras;
  /** What moved with this message, by the position of its task. */
  moved?: readonly (readonly [position: number, transfer: readonly Transferable[]])[];
  /** What travels along for tracing, by the position of its task. */
  carriers?: readonly (readonly [position: number, carrier: Carrier])[];
}

/** The first task of a batch has been claimed. */
export interface Begun {
  readonly kind: 'begun';
  /** The batch's id, as in all that follow. */
  readonly begun: number;
}

/** A message was written, but can't be read: nested too deeply for this thread's stack. A batch, which never runs, or a result. */
export interface Unread {
  readonly kind: 'unread';
  /** The how-manieth message to this thread it was, from 1. */
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
  /** What makes the values what they were, for each that needs it. */
  readonly extras?: readonly Extras[];
  /** The thread holds more memory than it may. It goes on when it has its `Recalled`. */
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

/** The answer to one that was `full`: what the thread has not begun was taken back, as far as it could be. */
interface Recalled {
  readonly kind: 'recalled';
}

/** A task submits another one. */
export interface Submit {
  readonly kind: 'call';
  /** Counts up in each worker. */
  readonly call: number;
  readonly batch: number;
  readonly position: number;
  readonly module: string;
  readonly name: string;
  readonly args: Encoded;
  /** As in the task's options; but `transfer` is what of `args` moved with this message, and there is no signal. */
  readonly options: TaskOptions;
  /** Tell also when it has been admitted. */
  readonly tellAdmitted: boolean;
}

/** How a call stands: admitted if it has no `status`, else settled. */
export interface Told {
  readonly kind: 'told';
  readonly told: number;
  readonly status?: 'fulfilled' | 'rejected' | 'cancelled';
  /** One value, if it is fulfilled. */
  readonly result?: Encoded;
  /** If it is not. */
  readonly reason?: EncodedReason;
}

export interface Withdraw {
  readonly kind: 'withdraw';
  readonly withdraw: number;
  readonly reason: EncodedReason;
}

/**
 * A task leaves the thread to others until it is told how its calls stand. With that it has left its batch, and is alone in
 * one of its own, whose id is negative.
 */
export interface Waits {
  readonly kind: 'waits';
  readonly waits: number;
  /** How many `Told` it has received: if more are on their way, it does not wait any more. */
  readonly seen: number;
  /** When it waits for the first time: where it comes from, and its own claim words. */
  readonly from?: {
    readonly batch: number;
    readonly position: number;
    readonly claims: SharedArrayBuffer;
  };
}

interface Leave {
  readonly kind: 'leave';
}

export interface Left {
  readonly kind: 'left';
  /** Modules whose `teardown()` failed, and why. */
  readonly left: readonly (readonly [module: string, reason: EncodedReason])[];
}

/** An error that nobody catches. Node tells it in its own way, which keeps less of it. */
export interface Uncaught {
  readonly kind: 'uncaught';
  readonly uncaught: EncodedReason;
}

/** What a task was sent, by its position in the batch: its arguments, and what of them moved. */
type ReturnedTask = readonly [position: number, args: Encoded, transfer: readonly Transferable[]];

/** The thread is ending, and gives back what had moved to it for tasks that it has not begun. */
export interface Returned {
  readonly kind: 'returned';
  readonly returned: number;
  readonly tasks: readonly ReturnedTask[];
}

/** The thread ends by `process.exit` or an uncaught error, and has begun to say so to what listens for `exit` in it. */
export interface Exiting {
  readonly kind: 'exiting';
}

/** Something is wrong with the thread itself: a task has changed what all of it rests on. */
export interface Broken {
  readonly kind: 'broken';
  readonly why: string;
}
