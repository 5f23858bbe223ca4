import type { Call } from '../../../scheduler/dispatch/backend.ts';
import { claim, Claims, roomLength, rooms } from '../../wire/claims.ts';
import type { Outbox } from './outbox.ts';
import { ThreadBatch } from './thread-batch.ts';

/** The unanswered batches of one thread: one for each room of its claim words, and one for each parked task. */
export class SentBatches<C extends Call> {
  readonly claims: Claims = new Claims();
  /** Indices of the targets that the worker knows: it has answered a batch that named them. */
  readonly knownTargets: Set<number> = new Set();
  readonly #outbox: Outbox;
  readonly #busyChanged: (isBusy: boolean) => void;
  /**
   * Not a Map: when entries keep passing through a Map, V8 chains its outgrown tables, and the chain keeps every job that
   * was ever in it alive until the next major collection.
   */
  readonly #byRoom: (ThreadBatch<C> | null)[] = Array.from({ length: rooms }, () => null);
  readonly #freeRooms = Array.from({ length: rooms }, (_, index) => index);
  /** Tasks that have parked, by the id of the batch that each is alone in. */
  readonly #parked = new Map<number, ThreadBatch<C>>();
  /** The parked generators that wait for their readers. */
  readonly #unread = new Set<ThreadBatch<C>>();
  #nextId = 0;
  #isBusy = false;

  /** @param busyChanged called whenever the thread becomes busy or idle. */
  constructor(outbox: Outbox, busyChanged: (isBusy: boolean) => void) {
    this.#outbox = outbox;
    this.#busyChanged = busyChanged;
  }

  get hasRoom(): boolean {
    return this.#freeRooms.length > 0;
  }

  /** Makes a batch of these jobs, and sets its claim words to `sent`. */
  add(jobs: readonly C[]): ThreadBatch<C> {
    const room = this.#freeRooms.pop();
    if (room === undefined) throw new Error('internal: no room is free');
    const base = room * roomLength;
    for (let word = base; word < base + jobs.length; word++) this.claims.words[word] = claim.sent;
    const batch = new ThreadBatch(this.#nextId++, jobs, base, this.claims, this.#outbox);
    this.#byRoom[room] = batch;
    this.#tellBusy();
    return batch;
  }

  /** A job has left its batch for one of its own. */
  moveOut(origin: ThreadBatch<C>, position: number, id: number, claims: SharedArrayBuffer): ThreadBatch<C> {
    const parked = origin.moveOut(position, id, new Claims(claims, 2));
    this.#parked.set(id, parked);
    this.#tellBusy();
    return parked;
  }

  find(id: number): ThreadBatch<C> | undefined {
    if (id < 0) return this.#parked.get(id);
    return this.#byRoom.find((sent) => sent?.id === id) ?? undefined;
  }

  /** The batch that the message of this sequence number carried. */
  sentAs(ordinal: number): ThreadBatch<C> | undefined {
    return this.#byRoom.find((sent) => sent?.ordinal === ordinal) ?? undefined;
  }

  /**
   * Has the thread begun a job behind the oldest batch that it has not answered? Tasks that have parked do not count.
   * @returns true as well for a job that has ended and whose answer is still to come.
   */
  get isLaterBegun(): boolean {
    const sent = this.#byRoom.filter((batch) => batch !== null).toSorted((a, b) => a.id - b.id);
    return sent.slice(1).some((batch) => batch.isBegun);
  }

  /** @param isKept false while the generator that is alone in the batch waits for its reader. */
  keep(batch: ThreadBatch<C>, isKept: boolean): void {
    if (isKept) this.#unread.delete(batch);
    else this.#unread.add(batch);
    this.#tellBusy();
  }

  /** The thread has answered the batch, or has never received it. */
  remove(batch: ThreadBatch<C>): void {
    this.#unread.delete(batch);
    if (!this.#parked.delete(batch.id)) {
      const room = batch.base / roomLength;
      this.#byRoom[room] = null;
      this.#freeRooms.push(room);
    }
    this.#tellBusy();
  }

  #tellBusy(): void {
    const isBusy = this.#freeRooms.length < rooms || this.#parked.size > this.#unread.size;
    if (isBusy === this.#isBusy) return;
    this.#isBusy = isBusy;
    this.#busyChanged(isBusy);
  }
}
