// The global one is a getter, and slower.
import { performance } from 'node:perf_hooks';
import { Ring } from '../../../base/ring.ts';
import type { Task } from '../../../tasks/task.ts';
import type { NestedFuture } from './nested-future.ts';

/** A branch of a `join` that has not begun: it runs at hand unless an idle worker takes it. */
export interface Branch {
  readonly task: Task<unknown>;
  /** The call, once the branch was sent; else null. */
  sent: Pick<NestedFuture<unknown>, 'result' | 'cancel'> | null;
  /** True once the branch runs at hand or was dropped. */
  gone: boolean;
}

/** Branches that are gone and may stay in the list before a sweep. */
const fewGone = 32;

/** Run time that pays for sending one branch, in milliseconds: about ten times what sending costs both threads. */
const beatMs = 0.5;

/**
 * The branches that a task has yet to run. They cost nothing while they stay here. Only when another worker is idle, the oldest is
 * sent to it, which is the largest where work is divided recursively. After the first few, at most one is sent per beat of run
 * time: so small branches are never sent, however many there are.
 *
 * Source: U. A. Acar, A. Charguéraud, A. Guatto, M. Rainey, F. Sieczkowski: "Heartbeat Scheduling: Provable Efficiency for
 * Nested Parallelism", PLDI 2018.
 */
export class Offers {
  readonly #idle: Int32Array;
  readonly #send: (task: Task<unknown>) => Branch['sent'];
  readonly #most: number;
  /** Oldest first. Sweeps remove the branches that are gone, so a removal costs O(1) amortized at any position. */
  readonly #branches = new Ring<Branch>();
  #gone = 0;
  /** Number of branches that may be sent. */
  #credit: number;
  #countedAt = -Infinity;

  /**
   * @param idle one word of shared memory: the number of idle workers.
   * @param most number of branches that may be sent in quick succession: enough to give every worker one.
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

  /** Removes a branch that was not sent, to run it at hand or to drop it. */
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
      // A branch that can't be cloned runs at hand.
    }
  }
}
