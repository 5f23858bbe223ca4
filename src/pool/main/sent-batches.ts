import type { Call } from '../../scheduler/dispatch/backend.ts';
import { claim, Claims, segmentLength, segments } from '../wire/claims.ts';
import type { Outbox } from './outbox.ts';
import { ThreadDelivery } from './thread-delivery.ts';

/** What one thread has been sent and is not through with: a batch for each segment of its claim words, and parked tasks. */
export class SentBatches<C extends Call> {
  readonly claims: Claims = new Claims();
  /** Told to the worker in a batch that it has read: it has answered. */
  readonly knownTargets: Set<number> = new Set();
  readonly #outbox: Outbox;
  readonly #busyChanged: (isBusy: boolean) => void;
  /**
   * Not a Map: V8 chains the outgrown tables of one that entries keep passing through, and the chain keeps every job
   * that was ever in it alive until the next major collection (measured: 40 % of all young objects).
   */
  readonly #bySegment: (ThreadDelivery<C> | null)[] = Array.from({ length: segments }, () => null);
  readonly #freeSegments = Array.from({ length: segments }, (_, index) => index);
  /** Tasks that have waited for tasks of their own, by the id of the batch that each is alone in. */
  readonly #parked = new Map<number, ThreadDelivery<C>>();
  #nextId = 0;
  #isBusy = false;

  /** @param busyChanged has the thread something to do? Told whenever that changes. */
  constructor(outbox: Outbox, busyChanged: (isBusy: boolean) => void) {
    this.#outbox = outbox;
    this.#busyChanged = busyChanged;
  }

  get hasRoom(): boolean {
    return this.#freeSegments.length > 0;
  }

  /** A batch of these jobs, with claim words that say that it is on its way. */
  add(jobs: readonly C[]): ThreadDelivery<C> {
    const segment = this.#freeSegments.pop();
    if (segment === undefined) throw new Error('internal: no segment is free');
    const base = segment * segmentLength;
    this.claims.words.fill(claim.sent, base, base + jobs.length);
    const delivery = new ThreadDelivery(this.#nextId++, jobs, base, this.claims, this.#outbox);
    this.#bySegment[segment] = delivery;
    this.#tellBusy();
    return delivery;
  }

  /** A job has left its batch for one of its own. */
  moveOut(
    origin: ThreadDelivery<C>,
    position: number,
    id: number,
    claims: SharedArrayBuffer,
  ): ThreadDelivery<C> {
    const parked = origin.moveOut(position, id, new Claims(claims, 2));
    this.#parked.set(id, parked);
    this.#tellBusy();
    return parked;
  }

  find(id: number): ThreadDelivery<C> | undefined {
    if (id < 0) return this.#parked.get(id);
    return this.#bySegment.find((sent) => sent?.id === id) ?? undefined;
  }

  /** The one that went with the message of this number. */
  sentAs(ordinal: number): ThreadDelivery<C> | undefined {
    return this.#bySegment.find((sent) => sent?.ordinal === ordinal) ?? undefined;
  }

  /** The thread is through with it, or has never got it. */
  remove(delivery: ThreadDelivery<C>): void {
    if (!this.#parked.delete(delivery.id)) {
      const segment = delivery.base / segmentLength;
      this.#bySegment[segment] = null;
      this.#freeSegments.push(segment);
    }
    this.#tellBusy();
  }

  #tellBusy(): void {
    const isBusy = this.#freeSegments.length < segments || this.#parked.size > 0;
    if (isBusy === this.#isBusy) return;
    this.#isBusy = isBusy;
    this.#busyChanged(isBusy);
  }
}
