import type { MessagePort, Transferable } from 'node:worker_threads';
import { transfersOf } from '../../tasks/transferable.ts';
import { encodeReason } from '../wire/error-codec.ts';
import type { EncodedReason } from '../wire/error-codec.ts';
import { dataCloneError } from '../wire/uncloneable.ts';
import { unpooled } from '../wire/unpooled.ts';
import { append, encode } from '../wire/value-codec.ts';
import type { Encoded, Extras } from '../wire/value-codec.ts';
import type { Answers } from '../wire/messages.ts';

// A task may replace it.
const { structuredClone } = globalThis;

type EncodedFailure = readonly [position: number, reason: EncodedReason];

/** A result of more bytes, or of a task that took longer, is sent at once: that costs less than copying it twice. */
const maxCopiedBytes = 16 * 1024;
const maxCopiedMs = 0.1;

/**
 * What has finished of the batch that is being run, and was not sent yet.
 *
 * A result is what it was when its task returned: the next task may change an object that it shares with it, or write to
 * the same buffer again. So an object is copied, or moved within the thread, or it is *live* and leaves before another task
 * begins. Hence all but the newest value are known to be cloneable, and a message that can't be posted is the newest
 * one's fault.
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

  /** Of a task that had been taken back. */
  skip(): void {
    this.#values.push(undefined);
  }

  fail(error: unknown): void {
    this.#failures.push([this.#from + this.#values.length, encodeReason(error)]);
    this.#values.push(undefined);
  }

  /**
   * @param ms what the task took.
   * @param isLast nothing of the batch comes after it, before it is sent.
   */
  add(result: unknown, ms: number, isLast: boolean): void {
    if (typeof result === 'object' && result !== null) this.#addObject(result, ms, isLast);
    else if (typeof result === 'function' || typeof result === 'symbol') {
      this.fail(dataCloneError(new Error(`${String(result)} could not be cloned.`), result, 'result'));
    } else this.#values.push(result);
  }

  /** Never throws: what can't be sent becomes its task's failure. */
  send(last: boolean, full = false): void {
    if (this.#values.length === 0 && !last) return;
    this.#posting = true;
    try {
      this.#post(last, full);
    } catch (error) {
      const newest = this.#values.pop();
      this.#live = false;
      // Whose transfer is wrong is not known: those before it are copied.
      this.#transfer = [];
      this.#extras = this.#extras.filter((each) => each !== this.#newestExtras);
      this.fail(dataCloneError(error, newest, 'result'));
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

  /** The thread is ending, perhaps from within a getter of the newest value, which then stays behind. */
  abandon(): void {
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
      const encoded =
        moved === undefined ? this.#own(value, ms, isLast) : this.#move(value, [...moved], ms, isLast);
      this.#newestExtras = append(encoded, this.#values);
      if (this.#newestExtras !== undefined) this.#extras.push(this.#newestExtras);
    } catch (error) {
      this.#live = false;
      this.fail(dataCloneError(error, value, 'result'));
    }
  }

  #own(value: unknown, ms: number, isLast: boolean): Encoded {
    this.#live = isLast || ms > maxCopiedMs || isLarge(value);
    return this.#live ? encode([unpooled(value)]) : copyOf(value);
  }

  /** What moves leaves its task's hands at once. To wait for others it moves within the thread first. */
  #move(value: unknown, moved: readonly Transferable[], ms: number, isLast: boolean): Encoded {
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

function isLarge(value: unknown): boolean {
  return (ArrayBuffer.isView(value) || value instanceof ArrayBuffer) && value.byteLength > maxCopiedBytes;
}

function copyOf(value: unknown): Encoded {
  const own = unpooled(value);
  if (own !== value) return encode([own]);
  // Faster than cloning it, and by far the most frequent object that small tasks return.
  if (Buffer.isBuffer(value)) return encode([Buffer.copyBytesFrom(value)]);
  const encoded = encode([value]);
  return encoded.extras === undefined ? { values: [structuredClone(value)] } : structuredClone(encoded);
}
