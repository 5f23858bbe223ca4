import type { Transferable } from 'node:worker_threads';
import type { SourceFeed } from '../../../scheduler/dispatch/backend.ts';
import type { ItemWindow } from '../../../tasks/iterate-options.ts';
import type { Steps } from '../../../tasks/pulled-source.ts';
import { ItemSender } from '../../items/item-sender.ts';
import { Slices } from '../../items/slices.ts';
import { encodeReason } from '../../wire/error-codec.ts';
import { returned } from '../../items/returned.ts';
import type { Fed, SourceEnd } from '../../wire/source-messages.ts';
import type { Extras } from '../../wire/value-codec.ts';
import type { Outbox } from './outbox.ts';

type Tell = (news: () => void) => void;

/** Pulls a source for a task in another thread, as far as the task's credits allow. The other end is `source-reader.ts`. */
export class Feed implements SourceFeed {
  readonly #outbox: Outbox;
  readonly #origin: number;
  readonly #source: number;
  readonly #credits: SharedArrayBuffer;
  #sender: ItemSender | null = null;
  #isOver = false;

  /** @param origin the id of the batch that brought the task. */
  constructor(outbox: Outbox, origin: number, source: number, credits: SharedArrayBuffer) {
    this.#outbox = outbox;
    this.#origin = origin;
    this.#source = source;
    this.#credits = credits;
  }

  pull(source: Steps, { window, windowBytes }: Required<ItemWindow>, tell: Tell): void {
    const slices = new Slices();
    const sender = new ItemSender(
      {
        post: (values, extras, transfer) => this.#post(tell, values, extras, transfer),
        isStopped: () => this.#isOver,
        untilRead: (read) => read,
        // The task may have to wait for its place before it is told.
        leaves: () => 'later',
        pause: (nowMs) => slices.pause(nowMs),
      },
      { window, windowBytes, credits: this.#credits },
    );
    this.#sender = sender;
    sender.run(source).then(
      (value) => this.#finish(tell, () => returned(value)),
      (reason: unknown) => this.end(reason, tell),
    );
  }

  /** The task has read the items that the source waits for. */
  goOn(): void {
    this.#sender?.goOn();
  }

  stop(): void {
    this.#isOver = true;
    this.#sender?.goOn();
  }

  end(reason: unknown, tell: Tell): void {
    this.#finish(tell, () => ({ reason: encodeReason(reason) }));
  }

  #finish(tell: Tell, end: () => SourceEnd): void {
    if (this.#isOver) return;
    this.stop();
    const last = end();
    tell(() => {
      try {
        this.#send({ end: last });
      } catch (error) {
        this.#send({ end: { reason: encodeReason(error) } });
      }
    });
  }

  #post(tell: Tell, values: unknown[], extras: readonly Extras[], transfer: readonly Transferable[]): void {
    // The feed has ended, and the task knows: items pulled since are dropped.
    if (this.#isOver) return;
    let isLate = false;
    let failure: { readonly error: unknown } | undefined;
    tell(() => {
      try {
        this.#send({ values, ...(extras.length > 0 && { extras }) }, transfer);
      } catch (error) {
        failure = { error };
        // The task counts this message as seen, so send one even without items.
        this.#send({});
        if (isLate) this.end(error, tell);
      }
    });
    isLate = true;
    if (failure !== undefined) throw failure.error;
  }

  #send(what: Partial<Fed>, transfer?: readonly Transferable[]): void {
    const fed: Fed = { kind: 'fed', fed: this.#origin, source: this.#source, values: [], ...what };
    this.#outbox.post(fed, transfer);
  }
}
