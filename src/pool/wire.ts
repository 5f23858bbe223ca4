import type { MessagePort } from 'node:worker_threads';
import type { EncodedReason } from './error-codec.ts';
import type { BufferPath } from './buffers.ts';

/**
 * What travels between the threads.
 *
 * ```
 *   main ── Boot ─────────→ worker      once
 *   main ── Batch ────────→ worker      as the argument of one Piscina run
 *   main ←──────── Answers ── worker    as the result of that run, or earlier through a port of its own
 *   main ←→ claim words  ←→ worker      shared memory: one word and two times per task on its way
 * ```
 */
export interface Boot {
  readonly kind: 'boot';
  /** For answers that must not wait for the end of their batch. */
  readonly port: MessagePort;
  /** `claimWords` Int32, then as many pairs of Float64 (start, end). */
  readonly claims: SharedArrayBuffer;
  /** The main thread's `performance.timeOrigin`: times are told on its clock. */
  readonly timeOrigin: number;
}

/** Calls of several tasks as one message: few objects, because each costs a structured clone. */
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
  /** Targets that this worker has not seen: index, module, name. */
  readonly targets?: readonly (readonly [index: number, module: string, name: string])[] | undefined;
  /** Where among `args` a `Buffer` stood: cloning makes it a plain `Uint8Array`. */
  readonly buffers?: readonly BufferPath[] | undefined;
}

/** Results of consecutive tasks of a batch. */
export interface Answers {
  /** The batch's. */
  readonly id: number;
  /** Position of the first of them in the batch. */
  readonly from: number;
  /** `undefined` for a task that failed or had been taken back. */
  readonly values: unknown[];
  readonly failures?: readonly (readonly [position: number, reason: EncodedReason])[] | undefined;
  /** Where among `values` a `Buffer` stood. */
  readonly buffers?: readonly BufferPath[] | undefined;
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
