import { ItemQueue } from '../../../base/item-queue.ts';
import type { Steps } from '../../../tasks/pulled-source.ts';
import { decodeReason } from '../../wire/error-codec.ts';
import type { Draw, Supplied } from '../../wire/source-messages.ts';
import { decode } from '../../wire/value-codec.ts';
import type { Outbox } from './outbox.ts';

/** A source in a task's thread that the task has passed to a child task: the main thread pulls it there, and a `Feed` pulls it here. */
export class RelayedSource implements AsyncIterable<unknown>, Steps {
  readonly #outbox: Outbox;
  readonly #call: number;
  readonly #source: number;
  readonly #items = new ItemQueue(() => this.#draw({}));
  #isOpen = false;

  constructor(outbox: Outbox, call: number, source: number) {
    this.#outbox = outbox;
    this.#call = call;
    this.#source = source;
  }

  next(): unknown {
    if (!this.#isOpen) {
      this.#isOpen = true;
      this.#draw({ credits: this.#items.credits.shared });
    }
    return this.#items.size > 0 ? { done: false, value: this.#items.take() } : this.#items.next();
  }

  return(): undefined {
    this.#items.drop();
    this.#draw({ isLeft: true });
  }

  [Symbol.asyncIterator](): AsyncIterator<unknown> {
    return this as never;
  }

  supplied({ values, extras = [], end }: Supplied): void {
    for (const each of extras) decode({ values, extras: each });
    this.#items.arrived(values);
    if (end === undefined) return;
    if ('reason' in end) this.#items.end({ failed: true, value: decodeReason(end.reason) });
    else this.#items.end({ failed: false, value: decode(end.value)[0] });
  }

  #draw(more: Partial<Draw>): void {
    this.#outbox.post({ kind: 'draw', draw: this.#call, source: this.#source, ...more });
  }
}
