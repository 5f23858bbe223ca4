import type { MessagePort, Transferable } from 'node:worker_threads';
import type { EncodedReason } from './error-codec.ts';
import type { BufferPath } from './buffers.ts';
import type { Carrier } from './trace-context.ts';

/**
 * What travels between the threads.
 *
 * ```
 *   main ── Boot ────→ worker      once, as a Piscina run; it carries a port for what follows
 *   main ── Batch ───→ worker
 *   main ←─ Begun ──── worker      for a batch that asks for it
 *   main ←─ Answers ── worker      one or more for each batch
 *   main ←─ Returned ─ worker      before its end, if things had moved to it in vain
 *   main ←─ claims ──→ worker      shared memory: one word and two times for each task on its way
 * ```
 */
export interface Boot {
  readonly port: MessagePort;
  /** `claimWords` Int32, then as many pairs of Float64 (start, end). */
  readonly claims: SharedArrayBuffer;
  /** The main thread's `performance.timeOrigin`: times are told on its clock. */
  readonly timeOrigin: number;
}

/** Calls of several tasks as one message: few objects in it, because each one costs time to clone. */
export interface Batch {
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
  /** Targets that this worker has not seen: index, module, name. */
  targets?: readonly (readonly [index: number, module: string, name: string])[];
  /** Where among `args` a `Buffer` stood: cloning makes it a plain `Uint8Array`. */
  buffers?: readonly BufferPath[];
  /** What moved with this message, by the position of its task. */
  moved?: readonly (readonly [position: number, transfer: readonly Transferable[]])[];
  /** What travels along for tracing, by the position of its task. */
  carriers?: readonly (readonly [position: number, carrier: Carrier])[];
}

/** What a task was sent, by its position in the batch: its arguments, what of them moved, and where a `Buffer` stood. */
export type ReturnedTask = readonly [
  position: number,
  args: unknown[],
  transfer: readonly Transferable[],
  buffers: readonly BufferPath[] | undefined,
];

/** The thread is ending, and gives back what had moved to it for tasks that it has not begun. */
export interface Returned {
  /** The batch's. */
  readonly returned: number;
  readonly tasks: readonly ReturnedTask[];
}

/** The first task of a batch has been claimed. */
export interface Begun {
  /** The batch's. */
  readonly begun: number;
}

/** Results of consecutive tasks of a batch. */
export interface Answers {
  /** The batch's. */
  readonly id: number;
  /** Position of the first of them in the batch. */
  readonly from: number;
  /** Nothing of this batch will follow. */
  readonly last: boolean;
  /** `undefined` for a task that failed or had been taken back. */
  readonly values: unknown[];
  failures?: readonly (readonly [position: number, reason: EncodedReason])[];
  /** Where among `values` a `Buffer` stood. */
  buffers?: readonly BufferPath[];
}

/** Deliveries that a worker can have at the same time, those included whose tasks were all taken back. */
export const segments = 4;
/** Tasks of one delivery at the most. */
export const segmentLength = 256;

const claimWords = segments * segmentLength;

/** States of a claim word. Only the worker writes `running` and `finished`, only the main thread the others. */
export const claim = { sent: 0, running: 1, finished: 2, taken: 3, stopping: 4 } as const;

/** The shared memory of one worker, as both sides see it. */
export class Claims {
  readonly shared: SharedArrayBuffer;
  readonly words: Int32Array;
  readonly startedAt: Float64Array;
  readonly endedAt: Float64Array;

  constructor(shared: SharedArrayBuffer = new SharedArrayBuffer(claimWords * (4 + 8 + 8))) {
    this.shared = shared;
    this.words = new Int32Array(shared, 0, claimWords);
    this.startedAt = new Float64Array(shared, claimWords * 4, claimWords);
    this.endedAt = new Float64Array(shared, claimWords * 12, claimWords);
  }
}
