import type { NestedCalls } from './nested-calls.ts';

/** How a task ended. */
export interface Outcome {
  readonly failed: boolean;
  readonly value: unknown;
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
  #calls: NestedCalls | null = null;
  readonly #endedParked: (calls: NestedCalls, outcome: Outcome) => void;

  /** @param endedParked called when it ends while others have the thread: it was not waiting for its own tasks alone. */
  constructor(value: PromiseLike<unknown>, endedParked: (calls: NestedCalls, outcome: Outcome) => void) {
    this.#endedParked = endedParked;
    Promise.resolve(value).then(
      (result) => this.#end({ failed: false, value: result }),
      (error: unknown) => this.#end({ failed: true, value: error }),
    );
  }

  /** To be called when it has got the thread. Resolves when it needs it no more: to how it ended, or to null if it is parked. */
  left(): Promise<Outcome | null> {
    return new Promise((resolve) => (this.#leave = resolve));
  }

  /** @param calls what it waits for. */
  park(calls: NestedCalls): void {
    this.state = 'parked';
    this.#calls = calls;
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

  #end(outcome: Outcome): void {
    const { state } = this;
    this.state = 'ended';
    if (state === 'runs') return this.#leave(outcome);
    const calls = this.#calls as NestedCalls;
    calls.end();
    this.#tell();
    return this.#endedParked(calls, outcome);
  }
}
