import type { Reply } from '../wire/reply-wire.ts';

/** A host, as it describes itself. */
export interface HostInfo {
  readonly id: string;
  /** Name of the machine. */
  readonly machine: string;
  readonly pid: number;
  readonly threads: number;
  readonly release: string | undefined;
  /** Version of Node. */
  readonly node: string;
  /** Logical names of its task modules, each with the digest of its file. */
  readonly modules: Readonly<Record<string, string>>;
  /** Milliseconds since the host's last life sign, by Redis' clock, in steps of a second. */
  readonly heardAgoMs: number;
  /** Is the host shutting down? Then it takes no more batches. */
  readonly leaving: boolean;
  /** Why no batch can be sent to the host (another secret, another format); undefined if it is fit. */
  readonly unfit: string | undefined;
}

/** The state of a batch in Redis. */
export interface BatchFacts {
  /** Does its hash exist? */
  readonly known: boolean;
  readonly done: boolean;
  /** Does BullMQ have it: waiting, or with a host? */
  readonly queued: boolean;
}

/** Whether a cancelled task will run. */
export type CancelAnswer = 'unbegun' | 'begun' | 'done' | 'unknown';

export interface OutgoingBatch {
  readonly id: string;
  readonly payload: Buffer;
  /** For dashboards of the queue: the number of tasks, and their functions. Never arguments. */
  readonly summary: { readonly tasks: number; readonly functions: readonly string[] };
}

export interface LifeSign {
  readonly name: string;
  readonly pending: number;
  readonly backlogMs: number | undefined;
}

/** Carries the engine's batches. `RedisTransport` does so in production; tests use one that loses, repeats and reorders messages. */
export interface Transport {
  /** Where Redis is, for messages: `host:port/db`. */
  readonly place: string;
  readonly queue: string;
  /** The release, a part of the queue's name. */
  readonly release?: string | undefined;
  /** Rejects with `ClusterError` if Redis is unsuitable, or can't be reached in time. */
  open(events: TransportEvents): Promise<void>;
  /** May be repeated with the same id. If it rejects, the batch may have been added or not. */
  add(batch: OutgoingBatch): Promise<void>;
  cancel(batch: string, mode: 'cancel' | 'recall', positions: readonly number[]): Promise<CancelAnswer[]>;
  /** Tells hosts to stop a task. `end`: end its thread as well. */
  stop(batch: string, position: number, reason: unknown, end: boolean): void;
  hosts(): Promise<HostInfo[]>;
  facts(batches: readonly string[]): Promise<BatchFacts[]>;
  /** Does Redis still have its data? False if it came back empty. */
  intact(): Promise<boolean>;
  /** Have all replies been read that were written before this call? */
  allRead(): Promise<boolean>;
  /** Tells that this producer lives, and prolongs its keys. */
  sign(life: LifeSign, open: readonly string[]): Promise<void>;
  /** Tells hosts to run no more tasks of this producer. Has sent everything when it returns; resolves when Redis has answered. */
  goodbye(): Promise<void>;
  close(): void;
}

export interface TransportEvents {
  /** A reply of a host, whose seal is valid. */
  replied(batch: string, reply: Reply): void;
  /** A reply that this process can't read. */
  unreadable(batch: string, reason: unknown): void;
  /** Redis can't be reached, or is reached again. */
  connected(isConnected: boolean, reason: unknown): void;
}
