import { ItemQueue } from '../../../base/item-queue.ts';
import { decodeReason } from '../../wire/error-codec.ts';
import type { Fed, LeaveSource, Pull } from '../../wire/source-messages.ts';
import { decode } from '../../wire/value-codec.ts';
import type { NestedCalls } from '../parking/nested-calls.ts';
import type { OpenReader } from '../parking/task-listeners.ts';

/** The arguments of a task, with readers in the place of its sources. */
export function withReaders(
  calls: NestedCalls,
  args: readonly unknown[],
  sources: readonly number[],
): unknown[] {
  const all = [...args];
  const readers = sources.map((position, index) => {
    const reader = new Reader(calls, index);
    all[position] = new SourceReader(reader);
    return reader;
  });
  calls.read(readers);
  return all;
}

/**
 * A source that another thread pulls, as the task that has it as an argument sees it: read once, in a loop or by `next()`.
 *
 * While the task waits for an item its thread runs other tasks.
 */
class SourceReader implements AsyncIterableIterator<unknown, unknown, undefined> {
  readonly #reader: Reader;

  constructor(reader: Reader) {
    this.#reader = reader;
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  /** Any number of calls may wait; they are served in order. */
  next(): Promise<IteratorResult<unknown, unknown>> {
    return this.#reader.next();
  }

  /** Ends the source, as `break` in a loop over it does. */
  async return(value?: unknown): Promise<IteratorResult<unknown, unknown>> {
    this.#reader.leave();
    return { done: true, value: await value };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#reader.leave();
  }
}

/**
 * ```
 * unopened ──next()──→ open ──end has come, or left──→ over
 * ```
 */
class Reader implements OpenReader {
  readonly #calls: NestedCalls;
  readonly #index: number;
  readonly #items = new ItemQueue(() => this.#pull({}));
  #state: 'unopened' | 'open' | 'over' = 'unopened';

  constructor(calls: NestedCalls, index: number) {
    this.#calls = calls;
    this.#index = index;
  }

  next(): Promise<IteratorResult<unknown, unknown>> {
    if (this.#state === 'unopened') {
      this.#state = 'open';
      this.#pull({ credits: this.#items.credits.shared });
    }
    return this.#items.isEmpty ? this.#calls.awaitedItems(this.#items.next()) : this.#items.next();
  }

  leave(): void {
    this.#items.drop();
    if (this.#state === 'over') return;
    this.#state = 'over';
    const { at, desk } = this.#calls;
    desk.port.postMessage({
      kind: 'leaveSource',
      leaveSource: at.batch,
      source: this.#index,
    } satisfies LeaveSource);
  }

  fed({ values, extras = [], end }: Fed): void {
    for (const each of extras) decode({ values, extras: each });
    this.#items.arrived(values);
    if (end === undefined) return;
    this.#state = 'over';
    if ('reason' in end) this.#items.end({ failed: true, value: decodeReason(end.reason) });
    else this.#items.end({ failed: false, value: decode(end.value)[0] });
  }

  drop(): void {
    this.#state = 'over';
    this.#items.drop();
  }

  #pull(more: { readonly credits?: SharedArrayBuffer }): void {
    const { at, desk } = this.#calls;
    const pull: Pull = { kind: 'pull', pull: at.batch, source: this.#index, ...more };
    desk.port.postMessage(pull);
  }
}
