import { TaskTimeoutError } from '../errors.ts';
import { Waiter } from './admission.ts';
import type { Alarm, Deadlines } from './deadlines.ts';
import type { Job } from './job.ts';
import type { Abortable, Signals } from './signals.ts';

/** How a wait ends; each is called at most once, and exactly one of them is. */
export interface WaitActions {
  admitted(job: Job): void;
  /** Refuses the job, and gives back the error to reject with. */
  refused(job: Job, error: unknown): unknown;
  waitedTooLong(job: Job, maxWaitMs: number): unknown;
  aborted(job: Job, reason: unknown): unknown;
}

/** A caller of `submit()` that stands in line, until it is admitted or its signal, wait or deadline ends it. */
export class SubmitWaiter extends Waiter implements Abortable {
  readonly needsPlace = true;
  readonly bytes: number;
  readonly promise: Promise<void>;
  readonly #job: Job;
  readonly #signals: Signals;
  readonly #actions: WaitActions;
  readonly #leave: () => void;
  readonly #alarms: Alarm[] = [];
  #resolve!: () => void;
  #reject!: (error: unknown) => void;

  constructor(
    job: Job,
    leave: (waiter: Waiter) => void,
    signals: Signals,
    deadlines: Deadlines,
    actions: WaitActions,
  ) {
    super();
    this.#job = job;
    this.bytes = job.bytes;
    this.#signals = signals;
    this.#actions = actions;
    this.#leave = () => leave(this);
    this.promise = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
    const { signal, maxWaitMs, deadlineMs } = job.options;
    if (signal !== undefined) signals.watch(signal, this);
    if (maxWaitMs !== undefined) {
      this.#alarms.push(deadlines.set(maxWaitMs, () => this.#end(actions.waitedTooLong(job, maxWaitMs))));
    }
    if (deadlineMs !== undefined) {
      this.#alarms.push(
        deadlines.set(deadlineMs, () => this.#end(actions.refused(job, late(job, deadlineMs)))),
      );
    }
  }

  /** One signal ends many: a place that another one gives up because of it is not for this one. */
  override get leaving(): boolean {
    return this.#job.options.signal?.aborted === true;
  }

  granted(): void {
    this.#dispose();
    this.#actions.admitted(this.#job);
    this.#resolve();
  }

  aborted(reason: unknown): void {
    this.#end(this.#actions.aborted(this.#job, reason));
  }

  override closed(error: unknown): void {
    this.#end(this.#actions.refused(this.#job, error));
  }

  #end(error: unknown): void {
    this.#dispose();
    this.#leave();
    this.#reject(error);
  }

  #dispose(): void {
    for (const alarm of this.#alarms) alarm.cancel();
    if (this.#job.options.signal !== undefined) this.#signals.unwatch(this.#job.options.signal, this);
  }
}

function late(job: Job, deadlineMs: number): TaskTimeoutError {
  const message = `task ${job.id} (${job.label}) waited for a place when its deadline of ${deadlineMs} ms had passed`;
  return new TaskTimeoutError(message, 'waiting');
}
