import { isAborted, offAbort, onAbort, reasonOf } from '../base/on-abort.ts';
import type { Abortable } from '../base/on-abort.ts';
import { Ring } from '../base/ring.ts';

/** Waiters that have left and may stay in a line before a sweep. */
const fewLeft = 32;

/**
 * A caller that waits: its request, and the promise of the answer.
 *
 * It waits until it is answered, leaves (its signal aborts) or is refused (the line closes): exactly one of these.
 */
export class Waiter<Asked, Answer> implements Abortable {
  readonly asks: Asked;
  readonly signal: AbortSignal | undefined;
  left = false;
  /** Answered, refused or left. */
  over = false;
  readonly #line: Line<Asked, Answer>;
  readonly #resolve: (answer: Answer) => void;
  readonly #reject: (reason: unknown) => void;

  constructor(
    asks: Asked,
    signal: AbortSignal | undefined,
    line: Line<Asked, Answer>,
    resolve: (answer: Answer) => void,
    reject: (reason: unknown) => void,
  ) {
    this.asks = asks;
    this.signal = signal;
    this.#line = line;
    this.#resolve = resolve;
    this.#reject = reject;
    if (signal !== undefined) onAbort(signal, this);
  }

  answer(answer: Answer): void {
    this.over = true;
    if (this.signal !== undefined) offAbort(this.signal, this);
    this.#resolve(answer);
  }

  refuse(error: unknown): void {
    this.over = true;
    if (this.signal !== undefined) offAbort(this.signal, this);
    this.#reject(error);
  }

  aborted(reason: unknown): void {
    this.left = true;
    this.refuse(reason);
    this.#line.hasLeft();
  }

  /** Gives up the turn, and resolves to this answer. */
  leave(answer: Answer): void {
    if (this.over) return;
    this.left = true;
    this.answer(answer);
    this.#line.hasLeft();
  }
}

/**
 * Waiting callers, first come, first served.
 *
 * A waiter that leaves is only marked. It is dropped when its turn comes, or when more than half of the line has left: so
 * leaving costs O(1) amortized, and a line that most waiters leave holds little memory.
 */
export class Line<Asked, Answer> {
  readonly #ring = new Ring<Waiter<Asked, Answer>>();
  readonly #advance: () => void;
  #left = 0;

  /** @param advance called when a waiter has left: the next one may fit now. */
  constructor(advance: () => void) {
    this.#advance = advance;
  }

  get size(): number {
    return this.#ring.size - this.#left;
  }

  /** The waiter that has waited longest. Skips waiters whose signal has aborted: one signal may end many, one after the other. */
  get first(): Waiter<Asked, Answer> | undefined {
    for (let { first } = this.#ring; first !== undefined; first = this.#ring.first) {
      if (first.left) this.#left--;
      else if (first.signal !== undefined && isAborted(first.signal)) first.refuse(reasonOf(first.signal));
      else return first;
      this.#ring.shift();
    }
    return undefined;
  }

  /** @param entered called with the waiter, for a caller that may leave without a signal. */
  wait(
    asks: Asked,
    signal: AbortSignal | undefined,
    entered?: (waiter: Waiter<Asked, Answer>) => void,
  ): Promise<Answer> {
    return new Promise((resolve, reject) => {
      const waiter = new Waiter(asks, signal, this, resolve, reject);
      this.#ring.push(waiter);
      entered?.(waiter);
    });
  }

  /** Called by a waiter whose signal was aborted. */
  hasLeft(): void {
    this.#left++;
    if (this.#left > fewLeft && this.#left * 2 > this.#ring.size) this.#sweep();
    this.#advance();
  }

  /** Removes and returns the first waiter. */
  shift(): Waiter<Asked, Answer> | undefined {
    return this.first && this.#ring.shift();
  }

  #sweep(): void {
    this.#ring.filter((waiter) => !waiter.left);
    this.#left = 0;
  }
}

/**
 * Takes back a grant if the waiter's signal aborts before the caller has seen it. The caller gets the signal's reason, and the
 * grant is not lost.
 */
export function unlessAborted<Answer>(
  granted: Promise<Answer>,
  signal: AbortSignal | undefined,
  takeBack: (answer: Answer) => void,
): Promise<Answer> {
  if (signal === undefined) return granted;
  return granted.then((answer) => {
    if (!isAborted(signal)) return answer;
    takeBack(answer);
    throw reasonOf(signal);
  });
}
