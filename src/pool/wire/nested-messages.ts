import type { EncodedReason } from './error-codec.ts';
import type { CallFlow } from '../../tasks/call-flow.ts';
import type { TaskOptions } from '../../tasks/task-options.ts';
import type { Encoded, Extras } from './value-codec.ts';

/** A task submits another one. */
export interface Submit {
  readonly kind: 'call';
  /** Sequence number in this worker. */
  readonly call: number;
  readonly batch: number;
  readonly position: number;
  readonly module: string;
  readonly name: string;
  readonly args: Encoded;
  /** The task's options without `signal`; `transfer` lists the parts of `args` that moved with this message. */
  readonly options: TaskOptions;
  /** Send a `Told` on admission, too. */
  readonly tellAdmitted: boolean;
  /** The task is a generator, whose items are sent as it yields. */
  readonly flow?: CallFlow;
  /** Positions of the arguments that are sources in the caller's thread. */
  readonly sources?: readonly number[];
}

/** News of a call: its items, else its admission if there is no `status`, else its outcome. */
export interface Told {
  readonly kind: 'told';
  readonly told: number;
  /** What the call has yielded. The message then has no other news. */
  readonly items?: Encoded;
  readonly status?: 'fulfilled' | 'rejected' | 'cancelled';
  /** One value, if the call is fulfilled. */
  readonly result?: Encoded;
  /** Why the call is rejected or cancelled. */
  readonly reason?: EncodedReason;
}

/** A task has read the items that a generator it has submitted waits for. */
export interface Took {
  readonly kind: 'took';
  readonly took: number;
}

export interface Withdraw {
  readonly kind: 'withdraw';
  readonly withdraw: number;
  readonly reason: EncodedReason;
  /** Has the caller left the items of the task? Then it is told of the end once the generator has cleaned up. */
  readonly isLeft: boolean;
}

/**
 * A task parks until it is told news of its calls. It is then alone in a batch of its own, whose id is negative.
 */
export interface Waits {
  readonly kind: 'waits';
  readonly waits: number;
  /** Default `calls`. */
  readonly waitsFor?: 'calls' | 'reader' | 'items';
  /** Number of `Told`, `ReadOn` and `Fed` that the task has received. If the main thread has sent more, the task will not wait. */
  readonly seen: number;
  /** The first time: the batch and position that the task leaves, and its own claim words. */
  readonly from?: {
    readonly batch: number;
    readonly position: number;
    readonly claims: SharedArrayBuffer;
  };
}

/** Items of a generator, in the order in which it has yielded them. */
export interface Items {
  readonly kind: 'items';
  /** The id of the batch that the generator is alone in. */
  readonly items: number;
  readonly values: unknown[];
  /** The parts of values that cloning would change. */
  readonly extras?: readonly Extras[];
}

/** The reader has read the items that a generator waits for. */
export interface ReadOn {
  readonly kind: 'readOn';
  /** The id of the batch that brought the generator, even if it has one of its own by now. */
  readonly readOn: number;
}
