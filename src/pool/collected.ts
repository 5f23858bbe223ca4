import type { MessagePort, Transferable } from 'node:worker_threads';
import { transfersOf } from '../tasks/transferable.ts';
import { findBuffers, unpooled } from './buffers.ts';
import { encodeReason } from './error-codec.ts';
import type { EncodedReason } from './error-codec.ts';
import { dataCloneError } from './uncloneable.ts';
import type { Answers } from './wire.ts';

type EncodedFailure = readonly [position: number, reason: EncodedReason];

/** What has finished of the batch that is being run, and was not sent yet. */
export class Collected {
  readonly #port: MessagePort;
  readonly #batch: number;
  #from = 0;
  values: unknown[] = [];
  #failures: EncodedFailure[] = [];

  constructor(port: MessagePort, batch: number) {
    this.#port = port;
    this.#batch = batch;
  }

  fail(position: number, error: unknown): void {
    this.#failures.push([position, encodeReason(error)]);
  }

  /** @param full the thread holds more memory than it may. */
  send(last: boolean, full = false): void {
    const { values } = this;
    const failures = this.#failures;
    const from = this.#from;
    this.#from += values.length;
    this.values = [];
    this.#failures = [];
    this.#post(from, values, failures, last, full);
  }

  /**
   * If something among the results can't be cloned, the halves are sent by themselves, down to the single value that is
   * to blame.
   */
  #post(from: number, results: unknown[], failures: EncodedFailure[], last: boolean, full: boolean): void {
    const transfer: Transferable[] = [];
    let values = results;
    try {
      // A proxy or a getter may throw at the first look.
      values = results.map((result) => unwrap(result, transfer));
      const answers: Answers = { id: this.#batch, from, last, values };
      if (failures.length > 0) answers.failures = failures;
      if (full) answers.full = true;
      const buffers = findBuffers(values);
      if (buffers !== undefined) answers.buffers = buffers;
      this.#port.postMessage(answers, transfer);
    } catch (error) {
      if (results.length === 1) {
        const reason = encodeReason(dataCloneError(error, values[0], 'result'));
        return this.#post(from, [undefined], [[from, reason]], last, full);
      }
      const half = results.length >> 1;
      const middle = from + half;
      const isFirst = ([position]: EncodedFailure) => position < middle;
      this.#post(from, results.slice(0, half), failures.filter(isFirst), false, false);
      const second = failures.filter((failure) => !isFirst(failure));
      return this.#post(middle, results.slice(half), second, last, full);
    }
  }
}

/** A result as it is sent; what moves with it is added to `transfer`. */
function unwrap(result: unknown, transfer: Transferable[]): unknown {
  if (typeof result !== 'object' || result === null) return result;
  const moved = transfersOf(result);
  if (moved === undefined) return unpooled(result);
  transfer.push(...moved);
  return (result as { value: unknown }).value;
}
