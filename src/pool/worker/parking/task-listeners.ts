import type { Fed } from '../../wire/source-messages.ts';

/** Callbacks that tell a task about one of its calls. */
export interface CallListener {
  admitted(): void;
  /** Items of a generator that the task iterates. */
  items?(values: unknown[]): void;
  settled(status: 'fulfilled' | 'rejected' | 'cancelled', value: unknown): void;
}

/** A generator whose items are read one by one. */
export interface OpenIteration {
  /** The reader has read, or the task is to stop. */
  goOn(): void;
  /** The thread is ending. */
  abandon(): void;
}

/** A source that the task reads. */
export interface OpenReader {
  fed(message: Fed): void;
  /** The task has ended. */
  drop(): void;
}
