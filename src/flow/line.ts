import { offAbort, onAbort } from '../base/on-abort.ts';
import type { Abortable } from '../base/on-abort.ts';
import { Ring } from '../base/ring.ts';

/** Left ones that may stand about in a line before it is swept. */
const fewLeft = 32;

/**
 * A caller that waits: what it asks for, and the promise of the answer.
 *
 * It waits, and then is answered, has left (its signal was aborted) or is refused (the line was closed): once and for all.
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

  /** Gives up its turn, and gets this instead. */
  leave(answer: Answer): void {
    if (this.over) return;
    this.left = true;
    this.answer(answer);
    this.#line.hasLeft();
  }
}

/**
 * Callers that wait, first come, first served.
 *
 * Who leaves from the middle only stops counting. It is dropped when its turn comes, or when more than half of the line has
 * left: so leaving costs O(1), and a line that nearly everybody leaves holds next to nothing.
 */
export class Line<Asked, Answer> {
  readonly #ring = new Ring<Waiter<Asked, Answer>>();
  readonly #advance: () => void;
  #left = 0;

  /** @param advance called when somebody has left: the one behind may fit now. */
  constructor(advance: () => void) {
    this.#advance = advance;
  }

  get size(): number {
    return this.#ring.size - this.#left;
  }

  /** Who has waited longest. One signal may end many: who is about to leave by it is passed over, and granted nothing. */
  get first(): Waiter<Asked, Answer> | undefined {
    for (let { first } = this.#ring; first !== undefined; first = this.#ring.first) {
      if (first.left) this.#left--;
      else if (first.signal?.aborted === true) first.refuse(first.signal.reason);
      else return first;
      this.#ring.shift();
    }
    return undefined;
  }

  /** @param entered gets the waiter itself, for a caller that may leave without a signal. */
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

  /** Takes the first out of the line. */
  shift(): Waiter<Asked, Answer> | undefined {
    return this.first && this.#ring.shift();
  }

  #sweep(): void {
    this.#ring.filter((waiter) => !waiter.left);
    this.#left = 0;
  }
}

/**
 * Takes back what a waiter was granted, if its signal is aborted before the caller could see it. The caller gets the signal's
 * reason, and nothing is lost with it.
 */
export function unlessAborted<Answer>(
  granted: Promise<Answer>,
  signal: AbortSignal | undefined,
  takeBack: (answer: Answer) => void,
): Promise<Answer> {
  if (signal === undefined) return granted;
  return granted.then((answer) => {
    if (!signal.aborted) return answer;
    takeBack(answer);
    throw signal.reason;
  });
}
