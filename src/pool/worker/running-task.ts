import { AsyncLocalStorage } from 'node:async_hooks';
import type { MessagePort } from 'node:worker_threads';
import type { Claims } from '../wire/claims.ts';
import { closeGroups } from './isolation/console-groups.ts';
import { decodeReason } from '../wire/error-codec.ts';
import type { EncodedReason } from '../wire/error-codec.ts';
import { NestedCalls } from './parking/nested-calls.ts';
import type { CallDesk } from './parking/nested-calls.ts';
import { TaskPosition } from './parking/task-position.ts';
import { TaskCancellation } from './task-cancellation.ts';
import type { Cancellation } from './task-cancellation.ts';
import { dataCloneError } from '../wire/uncloneable.ts';
import { encode } from '../wire/value-codec.ts';
import type { Encoded } from '../wire/value-codec.ts';
import type { Reported } from '../wire/messages.ts';

/** The thread's services for a running task; `millrace/worker` is their public face. They return undefined while no task runs. */
export interface TaskHost {
  /** Does a task run, or wait for child tasks? */
  readonly isAtWork: boolean;
  cancellation(): Cancellation | undefined;
  report(value: unknown): void;
  /** The calls of the task that asks. */
  calls(): NestedCalls | undefined;
}

// A task may replace it.
const { structuredClone } = globalThis;

const key: unique symbol = Symbol.for('millrace.taskHost') as never;

/** A global, because a task module may have found another copy of the package than the one that runs it. No task can replace it. */
const globals = globalThis as { readonly [key]?: TaskHost };
let host: TaskHost | undefined;

function publish(own: TaskHost): void {
  if (host === undefined) Object.defineProperty(globalThis, key, { get: () => host });
  host = own;
}

/** This thread's host; undefined where no executor runs tasks: in a unit test of a task module, for example. */
export function taskHost(): TaskHost | undefined {
  return globals[key];
}

/** In the place of a claim word: no task has the thread. Code that asks now asks too late. */
const noTask = -1;

/**
 * Serves the task that the thread runs. One task runs at a time, so its claim word identifies it, and a task that asks for
 * nothing costs nothing.
 *
 * Code of a parked task may run while another task has the thread. So a task that submits tasks is identified by its asynchronous
 * context, which costs nothing until there is such a task.
 */
export class RunningTask implements TaskHost {
  readonly #port: MessagePort;
  readonly #claims: Claims;
  readonly #desk: CallDesk;
  #batch = -1;
  /** The index of the batch's first claim word. */
  #base = 0;
  /** The claim word of the task, or `noTask`. */
  #word: number = noTask;
  /** Has the task asked for anything? */
  #asked = false;
  #cancellation: TaskCancellation | null = null;
  /** The calls of the task, if it submits tasks. They then also keep its cancellation. */
  #calls: NestedCalls | null = null;
  readonly #context = new AsyncLocalStorage<NestedCalls | undefined>();
  /** The latest report, kept back until the main thread has taken the one before it. */
  #held: Reported | null = null;

  constructor(port: MessagePort, claims: Claims, desk: CallDesk) {
    this.#port = port;
    this.#claims = claims;
    this.#desk = desk;
    publish(this);
  }

  /** The claim word of the task that runs. */
  get word(): number {
    return this.#word;
  }

  /** The thread runs this batch now. */
  enter(batch: number, base: number): void {
    this.#batch = batch;
    this.#base = base;
  }

  /** It runs the task with this claim word now. */
  begin(word: number): void {
    this.#word = word;
  }

  /** The task has returned or thrown. */
  finish(): void {
    if (this.#asked) return this.end();
    closeGroups();
    this.#word = noTask;
  }

  get isAtWork(): boolean {
    const { open, iterations, reading } = this.#desk;
    return this.#word !== noTask || open.size > 0 || iterations.size > 0 || reading.size > 0;
  }

  cancellation(): Cancellation | undefined {
    const calls = this.#asking;
    if (calls !== null) return calls.cancellation;
    if (this.#word === noTask) return undefined;
    this.#asked = true;
    return (this.#cancellation ??= new TaskCancellation(this.#claims.words, this.#word));
  }

  /** Connects a task to its child tasks, and a generator to its reader. */
  calls(): NestedCalls | undefined {
    const calls = this.#asking ?? this.#beginCalls();
    // `enterWith` costs as much as the rest of this method. The store ends with the context of the task.
    if (calls !== undefined && calls !== this.#context.getStore()) this.#context.enterWith(calls);
    return calls;
  }

  /** Sends or keeps a report. At most one is on its way, so a task can't flood the main thread. */
  report(value: unknown): void {
    const from = this.#asking?.at ?? this.#at;
    if (from === undefined) return;
    this.#asked = true;
    let copy: Encoded;
    try {
      copy = structuredClone(encode([value]));
    } catch (error) {
      throw dataCloneError(error, value, 'report');
    }
    const { batch, position } = from;
    const report: Reported = { kind: 'reported', reported: batch, position, report: copy };
    // Only one report is kept: send that of another task first.
    if (this.#held !== null && (this.#held.reported !== batch || this.#held.position !== position))
      this.flush();
    // Replaces an older report, which must not follow a newer one.
    this.#held = report;
    if (this.#claims.mayReport()) this.flush();
  }

  /** The main thread has taken a report while the next one was kept back. */
  resume(): void {
    if (this.#held !== null && this.#claims.mayReport()) this.flush();
  }

  /** Sends the kept report: a task's last report goes before its result. */
  flush(): void {
    if (this.#held !== null) this.#port.postMessage(this.#held);
    this.#held = null;
  }

  /** The main thread asks a task to stop; the task may have ended, and may ask for its cancellation only later. */
  stop(batch: number, position: number, reason: EncodedReason): void {
    if (batch !== this.#batch || position !== this.#word - this.#base) return;
    if (this.#calls !== null) return this.#calls.abort(reason);
    this.#asked = true;
    this.#cancellation ??= new TaskCancellation(this.#claims.words, this.#word);
    this.#cancellation.abort(decodeReason(reason));
  }

  /** A task that has asked for something has ended; it may have been parked. */
  end(): void {
    closeGroups();
    this.flush();
    this.#cancellation?.end();
    this.#cancellation = null;
    this.#calls?.end();
    this.#calls = null;
    this.#asked = false;
    this.#word = noTask;
  }

  /** The calls of the running task; null if it has submitted no task. */
  get submitted(): NestedCalls | null {
    return this.#calls;
  }

  /** The task parks. */
  park(): void {
    this.#calls = null;
    this.#asked = false;
    this.#word = noTask;
  }

  /** The task has the thread again. */
  unpark(calls: NestedCalls): void {
    this.#batch = calls.at.batch;
    this.#base = 0;
    this.#word = 0;
    this.#calls = calls;
    this.#asked = true;
  }

  /** The calls of the task that asks. Code that an ended task left behind counts as the running task's. */
  get #asking(): NestedCalls | null {
    const calls = this.#context.getStore();
    return calls === undefined || calls.ended ? this.#calls : calls;
  }

  get #at(): TaskPosition | undefined {
    const word = this.#word;
    if (word === noTask) return undefined;
    return new TaskPosition(this.#batch, word - this.#base, this.#claims, word);
  }

  #beginCalls(): NestedCalls | undefined {
    const at = this.#at;
    if (at === undefined) return undefined;
    this.#asked = true;
    this.#calls = new NestedCalls(this.#desk, at, this.#cancellation);
    this.#cancellation = null;
    return this.#calls;
  }
}
