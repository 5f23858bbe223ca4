import type { Delivery, Worker } from './backend.ts';
import type { Job } from './job.ts';

/**
 * ```
 * starting ──→ (standby) ──→ open ──→ retiring ──→ ended
 *    └────────────┴────────────┴──────────────────────↑
 * ```
 * - starting → open: the worker told that it is ready.
 * - starting → standby: it did, but the lane that it is to replace is not through yet.
 * - open → retiring: it has been sent `maxTasksPerWorker` tasks, or holds too much memory; it finishes what it has, then
 *   another one takes over.
 * - any → ended: its thread has ended, asked or not.
 */
export type LaneState = 'starting' | 'standby' | 'open' | 'retiring' | 'ended';

/**
 * One worker as the dispatcher sees it: its life, and the deliveries that it has not finished, oldest first.
 * A lane lives as long as its thread; a successor takes its index.
 */
export class Lane {
  readonly index: number;
  state: LaneState = 'starting';
  worker: Worker | null = null;
  readonly deliveries: Delivery[] = [];
  /** Tasks that may still be sent before the worker is replaced. */
  tasksLeft: number;
  /** The last one of the delivery that it finished last. */
  lastTask: string | undefined = undefined;
  /** Starting, or standing by until this lane, which it replaces, has finished. */
  successor: Lane | null = null;

  constructor(index: number, maxTasks: number) {
    this.index = index;
    this.tasksLeft = maxTasks;
  }

  /** Deliveries with something left to do. One whose jobs were all taken back no longer counts. */
  get live(): number {
    let live = 0;
    for (const delivery of this.deliveries) if (unfinished(delivery) > 0) live++;
    return live;
  }

  /** Jobs sent and not answered, running ones included. */
  get backlog(): number {
    let backlog = 0;
    for (const delivery of this.deliveries) backlog += unfinished(delivery);
    return backlog;
  }

  /** The delivery of which it executes a task at this instant. */
  get atWork(): Delivery | undefined {
    return this.deliveries.find((delivery) =>
      delivery.jobs.some((_, position) => delivery.claim(position) === 'running'),
    );
  }

  /** What it executes at this instant, a job included that was cancelled and has not returned. */
  get runningJob(): Job | undefined {
    for (const delivery of this.deliveries) {
      for (let position = delivery.answered; position < delivery.jobs.length; position++) {
        if (delivery.claim(position) === 'running') return delivery.jobs[position];
      }
    }
    return undefined;
  }

  /** Does it execute a task at this instant whose future has not been settled? */
  get running(): boolean {
    return this.runningJob?.done === false;
  }

  canTake(depth: number): boolean {
    return this.state === 'open' && this.worker?.canSend === true && this.live < depth;
  }
}

function unfinished(delivery: Delivery): number {
  return delivery.jobs.length - delivery.answered - delivery.taken;
}
