// The global one is a getter, and slower.
import { performance } from 'node:perf_hooks';
import { Ring } from '../../../base/ring.ts';
import type { Task } from '../../../tasks/task.ts';
import type { NestedFuture } from './nested-future.ts';

/** A branch that has not begun: to be run at hand, unless a worker that has nothing to do takes it. */
export interface Branch {
  readonly task: Task<unknown>;
  /** Null as long as it lies here. */
  sent: Pick<NestedFuture<unknown>, 'result' | 'cancel'> | null;
  /** Taken to be run at hand, or dropped. */
  gone: boolean;
}

/** Branches that are gone and may still lie about. */
const fewGone = 32;

/** Run time that pays for sending one branch, which costs the two threads about a tenth of it. Milliseconds. */
const beatMs = 0.5;

/**
 * The branches that a task has yet to run. They cost nothing while they lie here: only when another worker has nothing to do is
 * one sent to it, the oldest, which is the largest where work is divided again and again. And never more than one per beat of
 * run time, after the first few: so small work is not shipped, however many small branches there are.
 *
 * Source: U. A. Acar, A. Charguéraud, A. Guatto, M. Rainey, F. Sieczkowski: "Heartbeat Scheduling: Provable Efficiency for
 * Nested Parallelism", PLDI 2018.
 */
export class Offers {
  readonly #idle: Int32Array;
  readonly #send: (task: Task<unknown>) => Branch['sent'];
  readonly #most: number;
  /** Oldest first. Those that are gone are swept out now and then: so a removal costs O(1), wherever a branch lies. */
  readonly #branches = new Ring<Branch>();
  #gone = 0;
  /** Branches that may be sent. */
  #credit: number;
  #countedAt = -Infinity;

  /**
   * @param idle one word of shared memory: how many workers have nothing to do.
   * @param most branches that may be sent one right after the other: enough to give every worker one.
   */
  constructor(idle: Int32Array, most: number, send: (task: Task<unknown>) => Branch['sent']) {
    this.#idle = idle;
    this.#most = most;
    this.#credit = most;
    this.#send = send;
  }

  add(task: Task<unknown>): Branch {
    const branch: Branch = { task, sent: null, gone: false };
    this.#branches.push(branch);
    if (Atomics.load(this.#idle, 0) > 0) this.#sendOldest();
    return branch;
  }

  /** Takes a branch that was not sent, to run it at hand or to drop it. */
  remove(branch: Branch): void {
    if (branch.gone || branch.sent !== null) return;
    branch.gone = true;
    if (++this.#gone <= fewGone || this.#gone * 2 <= this.#branches.size) return;
    this.#branches.filter(({ gone }) => !gone);
    this.#gone = 0;
  }

  #sendOldest(): void {
    const now = performance.now();
    this.#credit = Math.min(this.#most, this.#credit + (now - this.#countedAt) / beatMs);
    this.#countedAt = now;
    if (this.#credit < 1) return;
    this.#credit--;
    let oldest = this.#branches.shift();
    for (; oldest?.gone === true; oldest = this.#branches.shift()) this.#gone--;
    try {
      if (oldest !== undefined) oldest.sent = this.#send(oldest.task);
    } catch {
      // What can't be cloned is not shipped: it runs at hand.
    }
  }
}
