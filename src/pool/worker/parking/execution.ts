import { types } from 'node:util';

// A task may replace it.
const { Promise } = globalThis;

/** How a task ended. */
export interface Completion {
  readonly failed: boolean;
  readonly value: unknown;
}

/** The calls that a parked task waits for. */
export interface ParkedCalls {
  parked: Execution | null;
  end(): void;
}

/**
 * An asynchronous task from its call to its end. The thread runs one execution at a time. An execution that waits for child tasks
 * is parked, and resumes when one of them has settled.
 *
 * ```
 * runs ⇄ parked         either state ends when the task's promise settles
 * ```
 */
export class Execution {
  state: 'runs' | 'parked' | 'ended' = 'runs';
  /** Callbacks to run before the task resumes, oldest first. */
  readonly news: (() => void)[] = [];
  #leave: (outcome: Completion | null) => void = () => {};
  #calls: ParkedCalls | null = null;
  #endedParked: (outcome: Completion) => void = () => {};

  /** Call this in the context of the task: a thenable's `then` is called here. */
  constructor(value: PromiseLike<unknown>) {
    void this.#follow(types.isPromise(value) ? value : adopted(value));
  }

  /** Call this when the execution gets the thread. Resolves when it leaves the thread: to its completion, or to null if it is parked. */
  left(): Promise<Completion | null> {
    return new Promise((resolve) => (this.#leave = resolve));
  }

  /**
   * @param calls the calls it waits for.
   * @param ended called if the task ends while it is parked: it did not wait for its child tasks alone.
   */
  park(calls: ParkedCalls, ended: (outcome: Completion) => void): void {
    this.state = 'parked';
    this.#calls = calls;
    this.#endedParked = ended;
    calls.parked = this;
    this.#leave(null);
  }

  resume(): void {
    this.state = 'runs';
    this.#tell();
  }

  #tell(): void {
    const calls = this.#calls;
    if (calls !== null) calls.parked = null;
    for (const news of this.news.splice(0)) news();
  }

  /** Uses `await`, not `then`: a task may have replaced `Promise.prototype.then`. */
  async #follow(promise: Promise<unknown>): Promise<void> {
    let value: unknown;
    let failed = false;
    try {
      value = await promise;
    } catch (error) {
      failed = true;
      value = error;
    }
    // Without a prototype: resolving a promise reads `then` of the value, and a task may have put one on `Object.prototype`.
    this.#end({ __proto__: null, failed, value } as Completion);
  }

  #end(outcome: Completion): void {
    const { state } = this;
    this.state = 'ended';
    if (state === 'runs') return this.#leave(outcome);
    this.#calls?.end();
    this.#tell();
    return this.#endedParked(outcome);
  }
}

/** Adopts a thenable as `await` does, but synchronously, in the context of the task. */
function adopted(value: PromiseLike<unknown>): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const { then } = value as { then: unknown };
    if (typeof then === 'function') Reflect.apply(then, value, [resolve, reject]);
    else resolve(value);
  });
}
