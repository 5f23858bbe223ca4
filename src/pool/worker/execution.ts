import { types } from 'node:util';

// A task may replace it.
const { Promise } = globalThis;

/** How a task ended. */
export interface Outcome {
  readonly failed: boolean;
  readonly value: unknown;
}

/** What a parked task waits for: its calls. */
export interface ParkedCalls {
  parked: Execution | null;
  end(): void;
}

/**
 * An asynchronous task from its call to its end. The thread belongs to one execution at a time; one that waits for tasks of
 * its own leaves it to others, and gets it back when it is to go on.
 *
 * ```
 * runs ⇄ parked         either of them ends when the task's promise has settled
 * ```
 */
export class Execution {
  state: 'runs' | 'parked' | 'ended' = 'runs';
  /** What is to be told to it before it goes on. */
  readonly news: (() => void)[] = [];
  #leave: (outcome: Outcome | null) => void = () => {};
  #calls: ParkedCalls | null = null;
  #endedParked: (outcome: Outcome) => void = () => {};

  /** To be made in the context of the task: that is where its `then` is called. */
  constructor(value: PromiseLike<unknown>) {
    void this.#follow(types.isPromise(value) ? value : adopted(value));
  }

  /** To be called when it has got the thread. Resolves when it needs it no more: to how it ended, or to null if it is parked. */
  left(): Promise<Outcome | null> {
    return new Promise((resolve) => (this.#leave = resolve));
  }

  /**
   * @param calls what it waits for.
   * @param ended called when it ends while others have the thread: it was not waiting for its own tasks alone.
   */
  park(calls: ParkedCalls, ended: (outcome: Outcome) => void): void {
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

  /** By `await`, and not by `then`: a task may have replaced that of all promises. */
  async #follow(promise: Promise<unknown>): Promise<void> {
    let value: unknown;
    let failed = false;
    try {
      value = await promise;
    } catch (error) {
      failed = true;
      value = error;
    }
    // Without a prototype: a promise looks for a `then` in what it is resolved with, and a task may have put one on that.
    this.#end({ __proto__: null, failed, value } as Outcome);
  }

  #end(outcome: Outcome): void {
    const { state } = this;
    this.state = 'ended';
    if (state === 'runs') return this.#leave(outcome);
    this.#calls?.end();
    this.#tell();
    return this.#endedParked(outcome);
  }
}

/** As `await` does it, but at once, in the context of the task. */
function adopted(value: PromiseLike<unknown>): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const { then } = value as { then: unknown };
    if (typeof then === 'function') Reflect.apply(then, value, [resolve, reject]);
    else resolve(value);
  });
}
