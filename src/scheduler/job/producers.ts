import type { Steps } from '../../tasks/pulled-source.ts';
import type { Job, JobOwner } from './job.ts';

/** Tasks of an executor whose items or results another job can read, through an object among its arguments. */
export interface Producer {
  /** Null if a task supplies the items from its own thread: then it is a task of the reader's executor. */
  readonly owner: JobOwner | null;
  /** The jobs that yield the items, those that there are by now. */
  readonly jobs: Iterable<Job>;
  readonly window: number;
  readonly windowBytes: number;
  /** The items, without a promise for an item that has arrived. Null: they are read as those of any other async iterable. */
  readonly steps: Steps | null;
  /** This job of the same executor reads the items, also those of jobs that are yet to come. */
  readBy?(reader: Job): void;
}

const producers = new WeakMap<object, Producer>();

export function rememberProducer(source: object, producer: Producer): void {
  producers.set(source, producer);
}

/** The items of `results` are read from `source`. */
export function readThrough(source: object, results: object): void {
  const producer = producers.get(results);
  if (producer !== undefined) producers.set(source, producer);
}

/** The producer behind a source; undefined if the source is not known to come from tasks of this thread's executors. */
export function producerOf(source: object): Producer | undefined {
  return producers.get(source);
}
