import { AsyncResource } from 'node:async_hooks';
import { staysInThread } from '../../base/stays.ts';
import { claim } from '../wire/claims.ts';

/** Tells whether the task that asked for it has been told to stop. Keeps its state after the task has ended. */
export interface Cancellation {
  /**
   * True from the moment at which the task was cancelled or exceeded its `timeoutMs`. Reads shared memory, so it works in a
   * loop that gives the event loop no turn.
   */
  readonly aborted: boolean;
  /** For APIs that take a signal. Aborts with the reason of the cancellation, at a later turn of the event loop than `aborted`. */
  readonly signal: AbortSignal;
  /**
   * Throws if the task has been told to stop.
   *
   * @throws the reason of the cancellation; before `signal` has it, a `DOMException` named `AbortError`.
   */
  throwIfAborted(): void;
}

/** The cancellation of one task. The claim word tells it at once, even inside a loop; the reason follows in a message. */
export class TaskCancellation implements Cancellation {
  #words: Int32Array;
  #word: number;
  readonly #controller = new AbortController();
  /** The context of the task, in which listeners of the signal are called. */
  readonly #context = new AsyncResource('MillraceCancellation');
  #aborted = false;
  /** The task has ended: its claim word may belong to another task. */
  #ended = false;

  static {
    staysInThread(this);
  }

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
    // The message with the reason has not arrived.
    if (this.aborted) throw new DOMException('The task was told to stop', 'AbortError');
  }

  abort(reason: unknown): void {
    this.#aborted = true;
    this.#context.runInAsyncScope(() => this.#controller.abort(reason));
  }

  /** From now on reads another claim word: the task has moved. */
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
