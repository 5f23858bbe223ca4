import type { MessagePort } from 'node:worker_threads';
import { checkDepth } from './buffers.ts';
import type { Claims } from './claims.ts';
import { decodeReason } from './error-codec.ts';
import type { EncodedReason } from './error-codec.ts';
import { TaskCancellation } from './task-cancellation.ts';
import type { Cancellation } from './task-cancellation.ts';
import { dataCloneError } from './uncloneable.ts';
import type { Reported } from './wire.ts';

/** What a running task may ask its thread for; `millrace/worker` is the public face of it. */
export interface TaskHost {
  cancellation(): Cancellation;
  report(value: unknown): void;
}

const key: unique symbol = Symbol.for('millrace.taskHost') as never;

/** A global, because a task module may have found another copy of the package than the one that runs it. */
const globals = globalThis as { [key]?: TaskHost };

/** This thread's host; undefined where no executor runs tasks: in a unit test of a task module, for example. */
export function taskHost(): TaskHost | undefined {
  return globals[key];
}

/**
 * Looks after the task that the thread runs. There is one at a time, so a word says which it is, and a task that asks
 * for nothing costs nothing.
 */
export class RunningTask implements TaskHost {
  readonly #port: MessagePort;
  readonly #claims: Claims;
  /** The batch that is being run, and the index of its first claim word. */
  batch = -1;
  base = 0;
  /** The claim word of the task. */
  word = 0;
  /** Has the task asked for anything? Then `end` must be called. */
  asked = false;
  #cancellation: TaskCancellation | null = null;
  /** The latest report, kept back until the main thread has taken the one before it. */
  #held: { readonly value: unknown } | null = null;

  constructor(port: MessagePort, claims: Claims) {
    this.#port = port;
    this.#claims = claims;
    globals[key] = this;
  }

  cancellation(): Cancellation {
    this.asked = true;
    return (this.#cancellation ??= new TaskCancellation(this.#claims.words, this.word));
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
    if (this.#claims.mayReport()) this.#send(copy);
    else this.#held = { value: copy };
  }

  /** The main thread has taken a report while the next one was kept back. */
  resume(): void {
    if (this.#held !== null && this.#claims.mayReport()) this.#send(this.#held.value);
  }

  /** The main thread asks a task to stop. If it has ended meanwhile, that is nobody's concern any more. */
  stop(batch: number, position: number, reason: EncodedReason): void {
    if (batch !== this.batch || position !== this.word - this.base) return;
    this.#cancellation?.abort(decodeReason(reason));
  }

  /** The task is through: its last report goes before its result. */
  end(): void {
    this.asked = false;
    this.#cancellation?.end();
    this.#cancellation = null;
    if (this.#held !== null) this.#send(this.#held.value);
  }

  #send(value: unknown): void {
    const { batch, word, base } = this;
    this.#held = null;
    this.#port.postMessage({ reported: batch, position: word - base, value } satisfies Reported);
  }
}
