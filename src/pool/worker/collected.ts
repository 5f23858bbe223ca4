import type { MessagePort, Transferable } from 'node:worker_threads';
import { InvalidTaskError } from '../../base/errors.ts';
import { isIterator } from '../../base/source.ts';
import { transfersOf } from '../../tasks/transferable.ts';
import { isGenerated } from './iterating/generated.ts';
import { attempt } from '../wire/error-record.ts';
import { encodeReason } from '../wire/error-codec.ts';
import type { EncodedReason } from '../wire/error-codec.ts';
import { dataCloneError } from '../wire/uncloneable.ts';
import { refuseDetached } from '../wire/refuse-detached.ts';
import { copyOf, isLarge } from '../wire/own-copy.ts';
import { unpooled } from '../wire/unpooled.ts';
import { append, encode } from '../wire/value-codec.ts';
import type { Encoded, Extras } from '../wire/value-codec.ts';
import type { Answers } from '../wire/messages.ts';

// A task may replace it.
const { structuredClone } = globalThis;

type EncodedFailure = readonly [position: number, reason: EncodedReason];

/** The result of a task that took longer is sent at once, like a large result: that costs less than copying it twice. */
const maxCopiedMs = 0.1;

/** Why a generator is no result. */
export const generatorResult =
  'the task returned a generator: read what it yields with executor.iterate(), or return an array';

/**
 * The unsent results of the current batch.
 *
 * A result arrives as it was when its task returned, although the next task may change an object that both share, or write to
 * the same buffer again. So an object is copied, or moved within the thread, or it is *live* and sent before another task
 * begins. Hence every value but the newest is known to be cloneable, and if a message can't be posted, the newest value is the
 * cause.
 */
export class Collected {
  readonly #port: MessagePort;
  readonly #batch: number;
  /** Position of the first value in the batch. */
  #from = 0;
  #values: unknown[] = [];
  #failures: EncodedFailure[] = [];
  #extras: Extras[] = [];
  #newestExtras: Extras | undefined;
  #transfer: Transferable[] = [];
  #live = false;
  #posting = false;
  #isAbandoned = false;

  constructor(port: MessagePort, batch: number) {
    this.#port = port;
    this.#batch = batch;
  }

  get size(): number {
    return this.#values.length;
  }

  /** Must the newest value leave before another task begins? */
  get live(): boolean {
    return this.#live;
  }

  /** Is the thread ending? Then nothing more may be collected. */
  get isAbandoned(): boolean {
    return this.#isAbandoned;
  }

  /** Leaves the place of a task empty: it was taken back, or answers in a batch of its own. */
  skip(): void {
    this.#values.push(undefined);
  }

  fail(error: unknown): void {
    this.#failures.push([this.#from + this.#values.length, encodeReason(error)]);
    this.#values.push(undefined);
  }

  /**
   * @param ms run time of the task, in milliseconds.
   * @param isLast the result will be sent before another task begins.
   */
  add(result: unknown, ms: number, isLast: boolean): void {
    if (typeof result === 'object' && result !== null) this.#addObject(result, ms, isLast);
    else if (typeof result === 'function' || typeof result === 'symbol') {
      this.fail(dataCloneError(new Error(`${String(result)} could not be cloned.`), result, 'result'));
    } else this.#values.push(result);
  }

  /** Never throws: a value that can't be sent becomes its task's failure. */
  send(last: boolean, full = false): void {
    if (this.#values.length === 0 && !last && !full) return;
    this.#posting = true;
    try {
      this.#post(last, full);
    } catch (error) {
      const newest = this.#values.pop();
      this.#live = false;
      // Which transfer failed is unknown: earlier results are copied.
      this.#transfer = [];
      this.#extras = this.#extras.filter((each) => each !== this.#newestExtras);
      this.fail(uncloneable(error, newest));
      this.#post(last, full);
    }
    this.#posting = false;
    this.#from += this.#values.length;
    this.#values = [];
    this.#failures = [];
    this.#extras = [];
    this.#newestExtras = undefined;
    this.#transfer = [];
    this.#live = false;
  }

  /** The thread is ending: sends the results, except the newest if its getter is what ends the thread. */
  abandon(): void {
    this.#isAbandoned = true;
    if (this.#posting) {
      this.#values.pop();
      this.#transfer = [];
    }
    this.send(false);
  }

  #addObject(result: object, ms: number, isLast: boolean): void {
    let value: unknown = result;
    try {
      const moved = transfersOf(result);
      if (moved !== undefined) ({ value } = result as { value: unknown });
      else if (isGenerated(result)) return this.fail(new InvalidTaskError(generatorResult));
      const encoded =
        moved === undefined ? this.#own(value, ms, isLast) : this.#move(value, [...moved], ms, isLast);
      this.#newestExtras = append(encoded, this.#values);
      if (this.#newestExtras !== undefined) this.#extras.push(this.#newestExtras);
    } catch (error) {
      this.#live = false;
      this.fail(uncloneable(error, value));
    }
  }

  #own(value: unknown, ms: number, isLast: boolean): Encoded {
    this.#live = isLast || ms > maxCopiedMs || isLarge(value);
    return this.#live ? encode([unpooled(value)]) : copyOf(value);
  }

  /** Detaches transferred parts from the task at once: if the result waits for others, they first move within the thread. */
  #move(value: unknown, moved: readonly Transferable[], ms: number, isLast: boolean): Encoded {
    refuseDetached(moved);
    this.#live = isLast || ms > maxCopiedMs || !moved.every((each) => each instanceof ArrayBuffer);
    const encoded = encode([value]);
    if (this.#live) {
      this.#transfer.push(...moved);
      return encoded;
    }
    const [own, memory] = structuredClone([encoded, moved], { transfer: moved as ArrayBuffer[] });
    this.#transfer.push(...(memory as ArrayBuffer[]));
    return own;
  }

  #post(last: boolean, full: boolean): void {
    // Literals: an assignment could meet a setter that a task has put on `Object.prototype`.
    const answers: Answers = {
      kind: 'answers',
      id: this.#batch,
      from: this.#from,
      last,
      values: this.#values,
    };
    const isPlain = this.#failures.length === 0 && this.#extras.length === 0 && !full;
    const { length } = this.#transfer;
    if (isPlain && length === 0) this.#port.postMessage(answers);
    else {
      const all: Answers = { ...answers, failures: this.#failures, extras: this.#extras, full };
      this.#port.postMessage(all, this.#transfer);
    }
  }
}

function uncloneable(error: unknown, value: unknown): Error {
  const generated = attempt(() => isIterator(value), false);
  return generated ? new InvalidTaskError(generatorResult) : dataCloneError(error, value, 'result');
}
