import type { Scene } from './scene.ts';
import { percent } from './words.ts';

/** A statement about what limits throughput. `past` is one line for a run that has ended. */
export interface Verdict {
  readonly kind: VerdictKind;
  /** `good`: all is well; `note`: worth knowing; `bad`: needs a change. */
  readonly level: 'good' | 'note' | 'bad';
  readonly title: string;
  readonly text: string;
  readonly past: string;
}

export type VerdictKind =
  | 'main-silent'
  | 'thread-died'
  | 'idle'
  | 'refused'
  | 'main-limit'
  | 'tasks-wait'
  | 'machine-limit'
  | 'threads-limit'
  | 'bytes-limit'
  | 'pending-limit'
  | 'threads-starved'
  | 'places-full'
  | 'queue-long'
  | 'well-fed'
  | 'reader-slow'
  | 'source-slow'
  | 'room';

/** Facts that only the caller knows. */
export interface VerdictOptions {
  /** What idle tasks in a thread wait for. Default: a disk, the network or a lock. */
  readonly waitsOn?: string;
  /** Where the items come from. */
  readonly source?: string;
}

/** A condition, and the statement if it holds. */
export interface Rule {
  readonly kind: VerdictKind;
  holds(scene: Scene): boolean;
  say(scene: Scene, options: Required<VerdictOptions>): Omit<Verdict, 'kind'>;
}

/** Share of time from which busy threads count as full. */
export const full: number = 0.85;
/** Share of time below which threads have room for more work. */
export const slack: number = 0.8;

export const busyText = ({ busy }: Scene): string => `${percent(busy)} busy`;

/** Is the queue long? Ignores tasks that loops pull ahead of their readers: no caller waits for these. */
export const queueIsLong = ({ queueMs, runMs, queued, workers, origins }: Scene): boolean =>
  runMs > 0 && queueMs > 8 * runMs && queued > 2 * workers && origins.streams < 0.5;
