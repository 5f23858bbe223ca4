import { AsyncLocalStorage } from 'node:async_hooks';
import type { MessagePort } from 'node:worker_threads';
import type { Claims } from '../wire/claims.ts';
import { decodeReason } from '../wire/error-codec.ts';
import type { EncodedReason } from '../wire/error-codec.ts';
import { NestedCalls } from './nested-calls.ts';
import type { CallDesk, Standing } from './nested-calls.ts';
import { TaskCancellation } from './task-cancellation.ts';
import type { Cancellation } from './task-cancellation.ts';
import { dataCloneError } from '../wire/uncloneable.ts';
import { encode } from '../wire/value-codec.ts';
import type { Encoded } from '../wire/value-codec.ts';
import type { Reported } from '../wire/messages.ts';

/** What a running task may ask its thread for; `millrace/worker` is the public face of it. Undefined while none runs. */
export interface TaskHost {
  /** Does a task run, or wait for tasks of its own? */
  readonly isAtWork: boolean;
  cancellation(): Cancellation | undefined;
  report(value: unknown): void;
  /** The tasks that it submits. */
  calls(): NestedCalls | undefined;
}

// A task may replace it.
const { structuredClone } = globalThis;

const key: unique symbol = Symbol.for('millrace.taskHost') as never;

/** A global, because a task module may have found another copy of the package than the one that runs it. */
const globals = globalThis as { [key]?: TaskHost };

/** This thread's host; undefined where no executor runs tasks: in a unit test of a task module, for example. */
export function taskHost(): TaskHost | undefined {
  return globals[key];
}

/** Instead of a claim word: no task has the thread. Who asks now asks too late. */
export const noTask = -1;

/**
 * Looks after the task that the thread runs. There is one at a time, so a word says which it is, and a task that asks
 * for nothing costs nothing.
 *
 * One that submits tasks may go on while others have the thread. So it is known by its asynchronous context, which costs
 * nothing until there is such a task.
 */
export class RunningTask implements TaskHost {
  readonly #port: MessagePort;
  readonly #claims: Claims;
  readonly #desk: CallDesk;
  /** The batch that is being run, and the index of its first claim word. */
  batch = -1;
  base = 0;
  /** The claim word of the task, or `noTask`. */
  word: number = noTask;
  /** Has the task asked for anything? Then `end` must be called. */
  asked = false;
  #cancellation: TaskCancellation | null = null;
  /** If it submits tasks. What it asks for is then kept there. */
  #calls: NestedCalls | null = null;
  readonly #context = new AsyncLocalStorage<NestedCalls | undefined>();
  /** The latest report, kept back until the main thread has taken the one before it. */
  #held: Reported | null = null;

  constructor(port: MessagePort, claims: Claims, desk: CallDesk) {
    this.#port = port;
    this.#claims = claims;
    this.#desk = desk;
    globals[key] = this;
  }

  get isAtWork(): boolean {
    return this.word !== noTask || this.#desk.open.size > 0;
  }

  cancellation(): Cancellation | undefined {
    const calls = this.#asking;
    if (calls !== null) return calls.cancellation;
    if (this.word === noTask) return undefined;
    this.asked = true;
    return (this.#cancellation ??= new TaskCancellation(this.#claims.words, this.word));
  }

  calls(): NestedCalls | undefined {
    const calls = this.#asking ?? this.#begin();
    // It takes as long as all the rest. Ends with the context of the task.
    if (calls !== undefined && calls !== this.#context.getStore()) this.#context.enterWith(calls);
    return calls;
  }

  /** One report is on its way at the most: however fast a task reports, the main thread is not flooded. */
  report(value: unknown): void {
    const from = this.#asking?.at ?? this.#at;
    if (from === undefined) return;
    this.asked = true;
    let copy: Encoded;
    try {
      copy = structuredClone(encode([value]));
    } catch (error) {
      throw dataCloneError(error, value, 'report');
    }
    const { batch, position } = from;
    const report: Reported = { kind: 'reported', reported: batch, position, report: copy };
    // Kept back is only one, and another task's goes before.
    if (this.#held !== null && (this.#held.reported !== batch || this.#held.position !== position))
      this.flush();
    // In the place of an older one that is kept back: it must not follow a newer one.
    this.#held = report;
    if (this.#claims.mayReport()) this.flush();
  }

  /** The main thread has taken a report while the next one was kept back. */
  resume(): void {
    if (this.#held !== null && this.#claims.mayReport()) this.flush();
  }

  /** Sends what is kept back: a task's last report goes before its result. */
  flush(): void {
    if (this.#held !== null) this.#port.postMessage(this.#held);
    this.#held = null;
  }

  /** The main thread asks a task to stop, perhaps one that does not run any more. */
  stop(batch: number, position: number, reason: EncodedReason): void {
    if (batch !== this.batch || position !== this.word - this.base) return;
    if (this.#calls !== null) this.#calls.abort(reason);
    else this.#cancellation?.abort(decodeReason(reason));
  }

  /** The task is through. */
  end(): void {
    this.flush();
    this.#cancellation?.end();
    this.#cancellation = null;
    this.#calls?.end();
    this.#calls = null;
    this.asked = false;
    this.word = noTask;
  }

  /** The tasks that the running one has submitted; null if it never asked. */
  get submitted(): NestedCalls | null {
    return this.#calls;
  }

  /** The task leaves the thread to others. */
  park(): void {
    this.#calls = null;
    this.asked = false;
    this.word = noTask;
  }

  /** The thread is the task's again. */
  unpark(calls: NestedCalls): void {
    this.batch = calls.at.batch;
    this.base = 0;
    this.word = 0;
    this.#calls = calls;
    this.asked = true;
  }

  /** The task that asks, if it submits tasks. What an ended one has left behind speaks for the one that runs. */
  get #asking(): NestedCalls | null {
    const calls = this.#context.getStore();
    return calls === undefined || calls.ended ? this.#calls : calls;
  }

  get #at(): Standing | undefined {
    const { batch, word, base } = this;
    return word === noTask ? undefined : { batch, position: word - base, claims: this.#claims, word };
  }

  #begin(): NestedCalls | undefined {
    const at = this.#at;
    if (at === undefined) return undefined;
    this.asked = true;
    this.#calls = new NestedCalls(this.#desk, at, this.#cancellation);
    this.#cancellation = null;
    return this.#calls;
  }
}
