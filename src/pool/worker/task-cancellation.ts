import { AsyncResource } from 'node:async_hooks';
import { claim } from '../wire/claims.ts';

/** Has the task that asked for this been told to stop? It keeps its answer when the task has ended. */
export interface Cancellation {
  /**
   * True from the moment at which the task was cancelled or its time was up. A read of shared memory: for loops that give
   * the event loop no turn.
   */
  readonly aborted: boolean;
  /** For what takes a signal. Aborted with the reason of the cancellation, at the event loop's next turn. */
  readonly signal: AbortSignal;
  /** @throws the reason of the cancellation, if there has been one. */
  throwIfAborted(): void;
}

/** One task's. The claim word is true at once, also in the midst of a loop; the reason comes with a message. */
export class TaskCancellation implements Cancellation {
  #words: Int32Array;
  #word: number;
  readonly #controller = new AbortController();
  /** The context of the task, in which those who listen to the signal are called. */
  readonly #context = new AsyncResource('MillraceCancellation');
  #aborted = false;
  /** The word stands for another task by now. */
  #ended = false;

  constructor(words: Int32Array, word: number) {
    this.#words = words;
    this.#word = word;
  }

  get aborted(): boolean {
    if (!this.#ended) this.#aborted ||= Atomics.load(this.#words, this.#word) === claim.stopping;
    return this.#aborted;
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  throwIfAborted(): void {
    this.signal.throwIfAborted();
    // The message is still to come.
    if (this.aborted) throw new DOMException('The task was told to stop', 'AbortError');
  }

  abort(reason: unknown): void {
    this.#aborted = true;
    this.#context.runInAsyncScope(() => this.#controller.abort(reason));
  }

  /** The task has another word from now on. */
  moveTo(words: Int32Array, word: number): void {
    this.#aborted = this.aborted;
    this.#words = words;
    this.#word = word;
  }

  end(): void {
    this.#aborted = this.aborted;
    this.#ended = true;
  }
}
