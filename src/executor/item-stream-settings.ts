import type { Job } from '../scheduler/job/job.ts';

/** The settings of an {@link ItemStream}. */
export interface ItemStreamSettings<T> {
  /** The executor's method that made the stream, for `inspect()`. */
  readonly kind: string;
  /** True: the items of one task after the other, in the order of the tasks. False: items as they arrive. */
  readonly ordered: boolean;
  /** The most open generators, once the stream has seen a generator. */
  readonly concurrency: number;
  /** The most tasks in flight or unread. */
  readonly window: number;
  /** The most items that each generator may be ahead of the reader. */
  readonly itemWindow: number;
  /** The most estimated bytes that each generator may be ahead of the reader. */
  readonly itemWindowBytes: number;
  /** May functions be ordinary ones? Then their results are items. */
  readonly mixed: boolean;
  /** Makes what the reader gets from an item. */
  readonly item: (value: unknown, job: Job) => T;
  /** Makes what the reader gets from an ended job that was not a generator, or failed. An error that it throws ends the stream. */
  readonly read: (job: Job) => T;
  readonly signal: AbortSignal | undefined;
  /** Called in a microtask after the signal has ended the stream. */
  readonly aborted?: ((reason: unknown) => void) | undefined;
}
