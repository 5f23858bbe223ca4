import type { MessagePort } from 'node:worker_threads';
import { checkDepth } from './buffers.ts';
import { claim, Claims } from './claims.ts';
import { decodeReason } from './error-codec.ts';
import type { EncodedReason } from './error-codec.ts';
import { NestedCalls } from './nested-calls.ts';
import type { CallDesk } from './nested-calls.ts';
import { TaskCancellation } from './task-cancellation.ts';
import type { Cancellation } from './task-cancellation.ts';
import { dataCloneError } from './uncloneable.ts';
import type { Reported, Waits } from './wire.ts';

/** What a running task may ask its thread for; `millrace/worker` is the public face of it. */
export interface TaskHost {
  cancellation(): Cancellation;
  report(value: unknown): void;
  /** The tasks that it submits. */
  calls(): NestedCalls;
}

const key: unique symbol = Symbol.for('millrace.taskHost') as never;

/** A global, because a task module may have found another copy of the package than the one that runs it. */
const globals = globalThis as { [key]?: TaskHost };

/** This thread's host; undefined where no executor runs tasks: in a unit test of a task module, for example. */
export function taskHost(): TaskHost | undefined {
  return globals[key];
}

/** A task and what it has asked for, while another one has the thread. It is alone in a batch of its own. */
export interface TaskState {
  /** Negative. */
  readonly batch: number;
  readonly claims: Claims;
  readonly cancellation: TaskCancellation | null;
  readonly calls: NestedCalls;
}

/**
 * Looks after the task that the thread runs. There is one at a time, so a word says which it is, and a task that asks
 * for nothing costs nothing.
 */
export class RunningTask implements TaskHost {
  readonly #port: MessagePort;
  /** The thread's. */
  readonly #all: Claims;
  readonly #desk: CallDesk;
  /** The batch that is being run, and the index of its first claim word. */
  batch = -1;
  base = 0;
  /** The claim word of the task. */
  word = 0;
  /** Has the task asked for anything? Then `end` must be called. */
  asked = false;
  #claims: Claims;
  #cancellation: TaskCancellation | null = null;
  #calls: NestedCalls | null = null;
  /** The latest report, kept back until the main thread has taken the one before it. */
  #held: { readonly value: unknown } | null = null;

  constructor(port: MessagePort, claims: Claims, desk: CallDesk) {
    this.#port = port;
    this.#all = claims;
    this.#claims = claims;
    this.#desk = desk;
    globals[key] = this;
  }

  cancellation(): Cancellation {
    this.asked = true;
    return (this.#cancellation ??= new TaskCancellation(this.#claims.words, this.word));
  }

  /** The tasks that it has submitted; null if it never asked. */
  get ownCalls(): NestedCalls | null {
    return this.#calls;
  }

  calls(): NestedCalls {
    this.asked = true;
    return (this.#calls ??= new NestedCalls(this.#desk, this.batch, this.word - this.base));
  }

  /** One report is on its way at the most: however fast a task reports, the main thread is not flooded. */
  report(value: unknown): void {
    this.asked = true;
    let copy: unknown;
    try {
      checkDepth(value);
      copy = structuredClone(value);
    } catch (error) {
      throw dataCloneError(error, value, 'report');
    }
    if (this.#all.mayReport()) this.#send(copy);
    else this.#held = { value: copy };
  }

  /** The main thread has taken a report while the next one was kept back. */
  resume(): void {
    if (this.#held !== null && this.#all.mayReport()) this.#send(this.#held.value);
  }

  /** The main thread asks a task to stop. False if that is not the one that runs. */
  stop(batch: number, position: number, reason: EncodedReason): boolean {
    if (batch !== this.batch || position !== this.word - this.base) return false;
    this.#cancellation?.abort(decodeReason(reason));
    return true;
  }

  /** The task is through: its last report goes before its result. */
  end(): void {
    this.asked = false;
    this.#flush();
    this.#cancellation?.end();
    this.#cancellation = null;
    this.#calls?.end();
    this.#calls = null;
    this.#claims = this.#all;
  }

  /**
   * The task leaves the thread to others. The first time it also leaves its batch, for one of its own with this id; a request
   * to stop that is made at this very moment counts for its new word as well.
   */
  park(calls: NestedCalls, id: number): TaskState {
    this.#flush();
    const isFirst = this.#claims === this.#all;
    const claims = isFirst ? this.#moveOut(calls, id) : this.#claims;
    const batch = isFirst ? id : this.batch;
    if (!isFirst) this.#port.postMessage({ waits: batch, seen: calls.seen } satisfies Waits);
    const cancellation = this.#cancellation;
    this.asked = false;
    this.#cancellation = null;
    this.#calls = null;
    this.#claims = this.#all;
    return { batch, claims, cancellation, calls };
  }

  #moveOut(calls: NestedCalls, id: number): Claims {
    const { batch, word, base } = this;
    const { words, startedAt } = this.#all;
    const claims = new Claims(undefined, 2);
    claims.startedAt[0] = startedAt[word] as number;
    const was = Atomics.exchange(words, word, claim.moved);
    claims.words[0] = was === claim.stopping ? claim.stopping : claim.running;
    this.#cancellation?.moveTo(claims.words, 0);
    const from = { batch, position: word - base, claims: claims.shared };
    this.#port.postMessage({ waits: id, seen: calls.seen, from } satisfies Waits);
    calls.batch = id;
    calls.position = 0;
    return claims;
  }

  /** The thread is the task's again. */
  unpark({ batch, claims, cancellation, calls }: TaskState): void {
    this.batch = batch;
    this.base = 0;
    this.word = 0;
    this.asked = true;
    this.#claims = claims;
    this.#cancellation = cancellation;
    this.#calls = calls;
  }

  #flush(): void {
    if (this.#held !== null) this.#send(this.#held.value);
  }

  #send(value: unknown): void {
    const { batch, word, base } = this;
    this.#held = null;
    this.#port.postMessage({ reported: batch, position: word - base, value } satisfies Reported);
  }
}
