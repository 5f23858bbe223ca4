import type { Call, Claim, Batch } from '../../../scheduler/dispatch/backend.ts';
import { claim, hasThread } from '../../wire/claims.ts';
import type { Claims } from '../../wire/claims.ts';
import { encodeReason } from '../../wire/error-codec.ts';
import type { Feed } from './feed.ts';
import type { Outbox } from './outbox.ts';
import type { BatchMessage } from '../../wire/messages.ts';

const names: Record<number, Claim> = {
  [claim.sent]: 'sent',
  [claim.running]: 'running',
  [claim.stopping]: 'running',
  [claim.moved]: 'moved',
  [claim.finished]: 'finished',
  [claim.taken]: 'taken',
};

/** Frozen: the first feed of a batch replaces it by a list. */
const noFeeds = Object.freeze([]) as unknown as (Feed | undefined)[];

/**
 * A batch on its way. The claim word of each job takes these states:
 *
 * ```
 * sent ──worker──→ running ──worker──→ finished
 *   │                 ├──main──→ stopping ──worker──→ finished
 *   │                 └──worker──→ moved, with a batch of its own     (also from `stopping`)
 *   └──main──→ taken
 * ```
 * Both sides advance a word by compare-and-swap, so a job is either claimed or taken back, never both.
 */
export class ThreadBatch<out C extends Call> implements Batch<C> {
  readonly jobs: readonly C[];
  /** Sequence number in this worker; negative for the batch of a parked task. */
  readonly id: number;
  /** Index of its first claim word. */
  readonly base: number;
  /** The id of the batch that brought its jobs: its own, or for a parked task the old one. */
  readonly origin: number;
  readonly #claims: Claims;
  readonly #outbox: Outbox;
  /** Sequence number of the message that carried the batch; 0 before, and for a batch that was never sent. */
  ordinal = 0;
  answered = 0;
  taken = 0;
  someLeft = false;
  brief = false;
  place = -1;
  // No small integer: V8 would give the class another layout once there is a time, and compile all that reads batches anew.
  sentAt: number = Number.NaN;
  /** The targets that this batch names to the worker. */
  targets: BatchMessage['targets'];

  /** The feeds of the sources that its only job reads, by source. */
  feeds: (Feed | undefined)[] = noFeeds;

  /** Why jobs were asked to stop, by position. */
  #stopped: Map<number, unknown> | null = null;

  constructor(
    id: number,
    jobs: readonly C[],
    base: number,
    claims: Claims,
    outbox: Outbox,
    origin: number = id,
  ) {
    this.id = id;
    this.origin = origin;
    this.jobs = jobs;
    this.base = base;
    this.#claims = claims;
    this.#outbox = outbox;
  }

  /** The new batch of a job that leaves this one. A request to stop goes along. */
  moveOut(position: number, id: number, claims: Claims): ThreadBatch<C> {
    const own = new ThreadBatch(id, [this.jobs[position] as C], 0, claims, this.#outbox, this.origin);
    own.feeds = this.feeds;
    if (this.#stopped?.has(position) === true) {
      own.#stopped = new Map([[0, this.#stopped.get(position)]]);
      own.#swap(0, claim.running, claim.stopping);
    }
    return own;
  }

  claim(position: number): Claim {
    return names[Atomics.load(this.#claims.words, this.base + position)] ?? 'finished';
  }

  get hasWorker(): boolean {
    return this.id >= 0 || Atomics.load(this.#claims.words, hasThread) === 1;
  }

  /** Is there a job that the thread has begun and not answered, and that has not parked? */
  get isBegun(): boolean {
    return this.jobs.some((_, position) => {
      const state = position < this.answered ? 'taken' : this.claim(position);
      return state === 'running' || state === 'finished';
    });
  }

  takeBack(position: number): boolean {
    return this.#swap(position, claim.sent, claim.taken);
  }

  askToStop(position: number, reason: unknown): boolean {
    // A job that has left, but whose `Waits` has not arrived, is asked to stop when it arrives.
    const moved = () => this.claim(position) === 'moved' && this.#stopped?.has(position) !== true;
    if (!this.#swap(position, claim.running, claim.stopping) && !moved()) return false;
    (this.#stopped ??= new Map()).set(position, reason);
    return true;
  }

  tellToStop(position: number): void {
    if (this.#stopped?.has(position) !== true) return;
    this.#outbox.post({
      kind: 'stop',
      stop: this.id,
      position,
      reason: encodeReason(this.#stopped.get(position)),
    });
  }

  readOn(): void {
    this.#outbox.post({ kind: 'readOn', readOn: this.origin });
  }

  /** Milliseconds that a parked generator has waited for its reader. The worker writes them beside the times of the task. */
  get readerMs(): number {
    if (this.id >= 0) return 0;
    const since = this.#claims.endedAt[hasThread] as number;
    return (this.#claims.startedAt[hasThread] as number) + (since === 0 ? 0 : performance.now() - since);
  }

  startedAt(position: number): number {
    return this.#claims.startedAt[this.base + position] as number;
  }

  endedAt(position: number): number {
    return this.#claims.endedAt[this.base + position] as number;
  }

  #swap(position: number, from: number, to: number): boolean {
    return Atomics.compareExchange(this.#claims.words, this.base + position, from, to) === from;
  }
}
