import { ItemQueue } from '../base/item-queue.ts';
import type { StreamInspection } from '../scheduler/inspection.ts';
import type { Job, SettlementListener } from '../scheduler/job/job.ts';
import type { JobFlow } from '../scheduler/job/job-parts.ts';
import type { LiveStream } from '../scheduler/live-streams.ts';

/** The items that a job yields, on their way to a reader in this thread. */
export class IterationFlow implements JobFlow, SettlementListener, LiveStream {
  readonly window: number;
  readonly windowBytes: number;
  readonly items: ItemQueue;
  /** May the function be an ordinary one? Then it has a result and no items. */
  readonly either: boolean;
  /** Does the job stand in its stream's list of jobs that have something to read? */
  isListed = false;
  /** Set once the reader has left; called if the generator yields nevertheless. */
  onLate: (() => void) | null = null;
  /** Was the iteration collected as garbage before it was read to its end? */
  isAbandoned = false;
  readonly #job: Job;
  #whenLeft: (() => void)[] = [];

  /** @param readOn called when the generator waits for the reader, and the reader has read far enough. */
  constructor(job: Job, window: number, windowBytes: number, readOn: () => void, either: boolean = false) {
    this.#job = job;
    this.either = either;
    this.window = window;
    this.windowBytes = windowBytes;
    this.items = new ItemQueue(readOn, () => job.observe());
  }

  get credits(): SharedArrayBuffer {
    return this.items.credits.shared;
  }

  get isGenerator(): boolean {
    return !this.either || this.items.credits.isGenerator;
  }

  get hasYielded(): boolean {
    return this.items.credits.hasYielded;
  }

  arrived(items: unknown[]): void {
    if (this.onLate === null) this.items.arrived(items);
    else this.onLate();
  }

  settled(job: Job): void {
    // A reader that has begun will come to the failure.
    job.holdFailure(this.items.isRead);
    this.items.end({ failed: job.status !== 'fulfilled', value: job.value });
  }

  /** Resolves when the worker is free of the generator, or has ended. */
  whenLeft(): Promise<void> {
    return new Promise((resolve) => this.#whenLeft.push(resolve));
  }

  left(): void {
    for (const resolve of this.#whenLeft) resolve();
    this.#whenLeft = [];
  }

  restarted(): void {
    this.items.credits.reset();
  }

  /** An iteration is a loop over one task. */
  inspect(): Omit<StreamInspection, 'id'> | undefined {
    const { size, isAwaited, isOver } = this.items;
    const { done, status } = this.#job;
    // Where only the end is unread there is nothing to wait for.
    if (isOver || (done && size === 0)) return undefined;
    const unread = done ? 1 : 0;
    const waitsFor = status === 'waiting' ? 'place' : size > 0 && !isAwaited ? 'reader' : 'tasks';
    return { kind: 'iterate', window: 1, open: 1, unread, pulled: 1, waitsFor };
  }
}
