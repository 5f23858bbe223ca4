import type { EncodedReason } from './error-codec.ts';
import type { Encoded, Extras } from './value-codec.ts';

/** A task reads a source that stays in another thread. Sources of a task count from 0. */
export interface Pull {
  readonly kind: 'pull';
  /** The batch that the task is alone in. */
  readonly pull: number;
  readonly source: number;
  /** With the first `Pull`: the shared memory in which the task counts what it has read. */
  readonly credits?: SharedArrayBuffer;
}

/** The task stops reading the source. */
export interface LeaveSource {
  readonly kind: 'leaveSource';
  readonly leaveSource: number;
  readonly source: number;
}

/** Items of a source, in the order in which it has yielded them. */
export interface Fed {
  readonly kind: 'fed';
  /** The id of the batch that brought the task, even if the task has one of its own by now. */
  readonly fed: number;
  readonly source: number;
  readonly values: unknown[];
  /** The parts of values that cloning would change. */
  readonly extras?: readonly Extras[];
  /** How the source ended; nothing follows. */
  readonly end?: SourceEnd;
}

/** To the caller's thread: a child task reads a source that its caller has passed to it. */
export interface Draw {
  readonly kind: 'draw';
  /** The number of the call. */
  readonly draw: number;
  readonly source: number;
  /** With the first `Draw`. */
  readonly credits?: SharedArrayBuffer;
  /** The child task stops reading the source. */
  readonly isLeft?: boolean;
}

/** From the caller's thread: items of a source that a child task reads. */
export interface Supplied {
  readonly kind: 'supplied';
  readonly supplied: number;
  readonly source: number;
  readonly values: unknown[];
  readonly extras?: readonly Extras[];
  readonly end?: SourceEnd;
}

/** The source returned this value, or failed with this reason. */
export type SourceEnd = { readonly value: Encoded } | { readonly reason: EncodedReason };
