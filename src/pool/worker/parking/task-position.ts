import { claim, Claims, hasThread } from '../../wire/claims.ts';
import type { Waits } from '../../wire/nested-messages.ts';

/** The batch, position and claim word of a task. A task that has parked is alone in a batch of its own. */
export class TaskPosition {
  #batch: number;
  #position: number;
  #claims: Claims;
  #word: number;

  constructor(batch: number, position: number, claims: Claims, word: number) {
    this.#batch = batch;
    this.#position = position;
    this.#claims = claims;
    this.#word = word;
  }

  get batch(): number {
    return this.#batch;
  }

  get position(): number {
    return this.#position;
  }

  get claims(): Claims {
    return this.#claims;
  }

  get word(): number {
    return this.#word;
  }

  /** Has the task left its batch for one of its own? */
  get isApart(): boolean {
    return this.#batch < 0;
  }

  /** Moves the task to a batch of its own. A request to stop that arrives during the move holds for the new word as well. */
  moveOut(to: number): Waits['from'] {
    const [batch, position, claims, word] = [this.#batch, this.#position, this.#claims, this.#word];
    const own = new Claims(undefined, 2);
    own.startedAt[0] = claims.startedAt[word] as number;
    const was = Atomics.exchange(claims.words, word, claim.moved);
    own.words[0] = was === claim.stopping ? claim.stopping : claim.running;
    this.#batch = to;
    this.#position = 0;
    this.#claims = own;
    this.#word = 0;
    return { batch, position, claims: own.shared };
  }

  /** The task parks. Time spent waiting for its reader does not count as run time: see `ThreadBatch.readerMs`. */
  leaveThread(forReader: boolean, nowMs: number): void {
    const { words, endedAt } = this.#claims;
    if (forReader) endedAt[hasThread] = nowMs;
    Atomics.store(words, hasThread, 0);
  }

  /** The task has the thread again. */
  takeThread(nowMs: number): void {
    const { words, startedAt, endedAt } = this.#claims;
    const since = endedAt[hasThread] as number;
    if (since > 0) {
      // Add the wait before clearing its start: the main thread must never read a run time that is too long.
      (startedAt[hasThread] as number) += nowMs - since;
      endedAt[hasThread] = 0;
    }
    Atomics.store(words, hasThread, 1);
  }
}
