import { setImmediate } from 'node:timers';
import { Credits } from '../../base/credits.ts';
import { Hold } from '../../base/hold.ts';
import { Ring } from '../../base/ring.ts';
import type { CallFlow } from '../../tasks/call-flow.ts';
import type { Steps } from '../../tasks/pulled-source.ts';
import { isThenable } from '../../tasks/thenable.ts';
import { now } from '../wire/clock.ts';
import { workerLimits } from '../wire/worker-limits.ts';
import { OutgoingItems } from './outgoing-items.ts';
import type { Sent } from './outgoing-items.ts';
import { flatBytes } from './flat-copy.ts';
import { prepare } from './prepare.ts';
import type { Prepared } from './prepare.ts';
import type { SenderParts } from './sender-parts.ts';
import { checkedStep, finish } from './steps.ts';

// A task may replace them.
const soon = setImmediate;
const { Promise } = globalThis;

/** Bounds of one message: the same as those of a batch of tasks. */
const maxItems: number = workerLimits.maxJobs;
const maxBytes = 256 * 1024;
const maxDelayMs: number = workerLimits.batchMs;
/** An item that took longer to produce is sent at once: the next item is expected too late to share its message. Milliseconds. */
const slowMs = 1.5;
/** An item that has waited longer for the next one has waited long against all expectation. Milliseconds. */
const stallMs = 10;

/**
 * Advances a generator, or pulls a source, as far as its reader in another thread allows, and sends what it yields.
 *
 * ```
 *            ┌──── credit: next() ────┐
 * begins ──→ runs ──no credit──→ waits for its reader ──→ ended
 *            └──────── stopped: return(), so that its `finally` runs ─────────┘
 * ```
 * There is credit while fewer than `window` items are unread and the next item, if as large as the last, fits into `windowBytes`.
 * An item that turns out larger stays here until there is room, or until the reader has read everything else.
 */
export class ItemSender {
  readonly #parts: SenderParts;
  readonly #window: number;
  readonly #windowBytes: number;
  readonly #credits: Credits;
  readonly #items: OutgoingItems;
  /** Most items in one message. */
  readonly #maxItems: number;
  /** Messages that the reader may not have read. */
  readonly #sent = new Ring<Sent>();
  #sentBytes = 0;
  /** Items yielded so far, modulo 2 ** 32. */
  #yielded = 0;
  #lastBytes = 0;
  /** When the step that is under way began, which is when the one before it ended; and when that of the oldest unsent item began. */
  #startMs = 0;
  #oldestMs = 0;
  /** Undefined as long as no item has waited long for the next one. */
  #hold: Hold | undefined = undefined;
  #hasYielded = false;
  /** Is a promised step under way? And is a turn of the event loop scheduled, to send the items before that step? */
  #isWaiting = false;
  #isSending = false;
  #wake: () => void = () => {};

  constructor(parts: SenderParts, { window, windowBytes, credits }: CallFlow) {
    this.#parts = parts;
    this.#window = window;
    this.#windowBytes = windowBytes;
    this.#credits = new Credits(credits);
    this.#items = new OutgoingItems(parts.post);
    this.#maxItems = Math.max(1, Math.min(maxItems, window >> 1));
  }

  /** Resolves to the return value of the iterator. */
  async run(steps: Steps): Promise<unknown> {
    const parts = this.#parts;
    this.#credits.open();
    this.#startMs = now();
    let ended = false;
    try {
      for (;;) {
        if (!this.#hasCredit()) await this.#over(this.#untilCredit());
        if (parts.isStopped()) return await finish(steps);
        const pause = parts.pause?.(this.#startMs);
        if (pause !== undefined) await this.#over(pause);
        // If this throws, the iterator has ended.
        ended = true;
        let step = steps.next();
        if (isThenable(step)) {
          this.#awaitsStep();
          step = await step;
          this.#isWaiting = false;
        }
        const { done, value } = checkedStep(step);
        if (done === true) return value;
        ended = false;
        if (parts.isStopped()) return await finish(steps);
        let item = value;
        if (isThenable(item)) {
          this.#awaitsStep();
          item = await item;
          this.#isWaiting = false;
        }
        const late = this.#take(item);
        if (late !== undefined) await this.#over(late);
      }
    } catch (error) {
      if (!ended) await finish(steps).catch(() => {});
      throw error;
    } finally {
      this.#send();
    }
  }

  /** Continues: the reader has read, or the sender is to stop. */
  goOn(): void {
    this.#wake();
  }

  /** The thread is ending: sends what it holds, except the newest item if its getter is what ends the thread. */
  abandon(): void {
    this.#items.abandon();
  }

  #hasCredit(): boolean {
    const unread = this.#credits.unread(this.#yielded);
    return unread < this.#window && this.#hasRoom(this.#items.bytes + this.#lastBytes);
  }

  /** Is there room for this many more bytes, or has the reader read everything else? */
  #hasRoom(bytes: number): boolean {
    if (this.#sentBytes + bytes <= this.#windowBytes) return true;
    for (let sent = this.#sent.first; sent !== undefined; sent = this.#sent.first) {
      if (this.#credits.unread(sent.end) > 0) break;
      this.#sentBytes -= sent.bytes;
      this.#sent.shift();
    }
    if (this.#sentBytes + bytes <= this.#windowBytes) return true;
    return this.#sentBytes === 0 && this.#items.size === 0;
  }

  /** @returns a promise if the item must wait for room. */
  #take(item: unknown): Promise<void> | undefined {
    const items = this.#items;
    const endMs = now();
    const tookMs = endMs - this.#startMs;
    if (items.size === 0) this.#oldestMs = this.#startMs;
    if (tookMs <= stallMs) this.#hold?.quick(tookMs);
    else if (items.size > 0) (this.#hold ??= new Hold()).slow();
    const heldMs = endMs - this.#oldestMs;
    const goes =
      // The time that an item takes is not known yet.
      !this.#hasYielded ||
      tookMs > slowMs ||
      heldMs >= maxDelayMs ||
      (this.#hold !== undefined && heldMs >= this.#hold.ms) ||
      items.size + 1 >= this.#maxItems;
    this.#startMs = endMs;
    const bytes = flatBytes(item);
    // A primitive: the most frequent small item, and it needs no preparation.
    if (bytes >= 0 && this.#hasRoom(items.bytes + bytes)) {
      this.#lastBytes = bytes;
      this.#count();
      items.add(item, bytes);
      if (goes || items.bytes > maxBytes) this.#send();
      return undefined;
    }
    const next = prepare(item, this.#parts.leaves(goes));
    this.#lastBytes = next.bytes;
    this.#count();
    if (!this.#hasRoom(items.bytes + next.bytes)) return this.#takeLate(next);
    items.push(next);
    if (goes || next.live || items.bytes > maxBytes) this.#send();
    return undefined;
  }

  /** The item has been yielded, and so counts; it is sent when there is room. */
  async #takeLate(next: Prepared): Promise<void> {
    this.#send(this.#yielded - 1);
    await this.#until(() => this.#hasRoom(next.bytes), next.bytes);
    this.#items.push(next);
    this.#send();
  }

  async #untilCredit(): Promise<void> {
    this.#send();
    await this.#until(() => this.#hasCredit(), this.#lastBytes);
  }

  /** Waits for the reader until `isSo()`, or until the task is to stop. @param bytes expected size of the next item. */
  async #until(isSo: () => boolean, bytes: number): Promise<void> {
    const parts = this.#parts;
    while (!parts.isStopped() && !isSo()) {
      if (!this.#credits.waitFor(this.#wanted(bytes))) continue;
      await parts.untilRead(new Promise<void>((resolve) => (this.#wake = resolve)));
      this.#credits.stopWaiting();
    }
  }

  /** Items that the reader must have read before the sender continues: half of the bound it has hit, so that it does not stop at each item. */
  #wanted(bytes: number): number {
    const half = (this.#yielded - (this.#window >> 1)) | 0;
    const mostBytes = Math.max(0, Math.min(this.#windowBytes / 2, this.#windowBytes - bytes));
    let wanted = this.#credits.unread(this.#yielded) >= this.#window ? half : undefined;
    let ahead = this.#sentBytes;
    for (let index = 0; ahead > mostBytes; index++) {
      const sent = this.#sent.at(index);
      if (sent === undefined) break;
      ahead -= sent.bytes;
      if (wanted === undefined || ((sent.end - wanted) | 0) > 0) wanted = sent.end;
    }
    return wanted ?? this.#yielded;
  }

  #count(): void {
    if (!this.#hasYielded) this.#credits.yields();
    this.#hasYielded = true;
    this.#yielded = (this.#yielded + 1) | 0;
  }

  /** Waits without counting the wait as the generator's time. */
  async #over(wait: Promise<void>): Promise<void> {
    await wait;
    this.#startMs = now();
  }

  /** Sends the items yielded before a step, unless the step settles before the event loop's next turn. */
  #awaitsStep(): void {
    this.#isWaiting = true;
    if (this.#items.size === 0 || this.#isSending) return;
    this.#isSending = true;
    soon(this.#sendOn);
  }

  readonly #sendOn = (): void => {
    this.#isSending = false;
    if (this.#isWaiting) this.#send();
  };

  /** @param end number of items yielded, up to the last one of this message. */
  #send(end: number = this.#yielded): void {
    const { bytes, size } = this.#items;
    if (size === 0) return;
    this.#sentBytes += bytes;
    this.#sent.push({ end: end | 0, bytes });
    this.#items.send();
  }
}
