import type { Call, Claim, Delivery } from '../../scheduler/dispatch/backend.ts';
import { claim, hasThread } from '../wire/claims.ts';
import type { Claims } from '../wire/claims.ts';
import { encodeReason } from '../wire/error-codec.ts';
import type { Outbox } from './outbox.ts';
import type { Batch } from '../wire/messages.ts';

const names: Record<number, Claim> = {
  [claim.sent]: 'sent',
  [claim.running]: 'running',
  [claim.stopping]: 'running',
  [claim.moved]: 'moved',
  [claim.finished]: 'finished',
  [claim.taken]: 'taken',
};

/**
 * A batch on its way, and the claim word of each of its jobs:
 *
 * ```
 * sent ──worker──→ running ──worker──→ finished
 *   │                 ├──main──→ stopping ──worker──→ finished
 *   │                 └──worker──→ moved, with a delivery of its own     (also from `stopping`)
 *   └──main──→ taken
 * ```
 * Both sides move a word on by compare-and-swap, so a job is either claimed or taken back, and never both.
 */
export class ThreadDelivery<out C extends Call> implements Delivery<C> {
  readonly jobs: readonly C[];
  /** Counts up in each worker. */
  readonly id: number;
  /** Index of its first claim word. */
  readonly base: number;
  readonly #claims: Claims;
  readonly #outbox: Outbox;
  /** The number of the message that it went with; 0 before, and for one that was never sent. */
  ordinal = 0;
  answered = 0;
  taken = 0;
  brief = false;
  /** Targets that the worker learns from it. */
  targets: Batch['targets'];

  /** Why jobs were asked to stop, by position. */
  #stopped: Map<number, unknown> | null = null;

  constructor(id: number, jobs: readonly C[], base: number, claims: Claims, outbox: Outbox) {
    this.id = id;
    this.jobs = jobs;
    this.base = base;
    this.#claims = claims;
    this.#outbox = outbox;
  }

  /** A job that has left this delivery, in one of its own. What was asked of it here is asked of it there. */
  moveOut(position: number, id: number, claims: Claims): ThreadDelivery<C> {
    const own = new ThreadDelivery(id, [this.jobs[position] as C], 0, claims, this.#outbox);
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

  takeBack(position: number): boolean {
    return this.#swap(position, claim.sent, claim.taken);
  }

  askToStop(position: number, reason: unknown): boolean {
    // One that has just left, which the main thread has not heard of, is asked when it has.
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
