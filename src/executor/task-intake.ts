import { ExecutorClosedError } from '../base/errors.ts';
import type { OpenSource } from '../base/source.ts';
import type { Job } from '../scheduler/job/job.ts';
import type { Puller } from '../scheduler/lifecycle.ts';
import type { Scheduler } from '../scheduler/scheduler.ts';
import type { Task } from '../tasks/task.ts';

export const leftReason = (): DOMException =>
  new DOMException('The caller left the loop over the results', 'AbortError');

/** Receives the jobs that an intake makes. */
export interface JobTaker {
  /** Is there room for another job? */
  readonly wantsMore: boolean;
  /** A job has been made from a pulled task, and is not admitted yet: the taker may prepare it. */
  created?(job: Job): void;
  /** The job is in flight from now on. It may have ended already, or never have been admitted. */
  pulled(job: Job): void;
  /** No more jobs follow: the source has ended, or failed with this reason. */
  sourceEnded(error: { readonly reason: unknown } | null): void;
  /** A wait of the intake is over: the taker may be able to serve readers. */
  arrived(): void;
}

/** What a pull waits for. */
interface Wait {
  /** The intake has ended, and gives up the wait. */
  giveUp(): void;
}

/** The pull waits for the source, which can't be interrupted. */
const inSource: Wait = { giveUp() {} };

/**
 * Pulls the tasks of a source. It reserves a place before each pull, so that no task waits outside the bound.
 *
 * An intake that has to wait gives its place up: otherwise others would wait for a place that it does not use, perhaps its own
 * source among them (a stream over a stream). It waits while its source has nothing yet, and while there is no room for the bytes of
 * a pulled task: this one task then stands in line like any other submission.
 *
 * The source is open until it ends by itself, by an error, by `end()` or by the executor's shutdown.
 */
export class TaskIntake implements Puller {
  readonly #scheduler: Scheduler;
  readonly #source: OpenSource<Task<unknown>>;
  readonly #taker: JobTaker;
  /** What the pull under way waits for: a place, the source, or the admission of its task. Null if no pull is under way. */
  #wait: Wait | null = null;
  #ended = false;

  constructor(scheduler: Scheduler, source: OpenSource<Task<unknown>>, taker: JobTaker) {
    this.#scheduler = scheduler;
    this.#source = source;
    this.#taker = taker;
  }

  get ended(): boolean {
    return this.#ended;
  }

  get waitsFor(): 'source' | 'place' | null {
    if (this.#wait === null) return null;
    return this.#wait === inSource ? 'source' : 'place';
  }

  /** Pulls until it has to wait; after the wait it continues by itself. */
  pull(): void {
    while (this.#wait === null && !this.#ended && this.#taker.wantsMore) {
      if (this.#scheduler.reservations.tryTake()) this.#pullReserved();
      else this.#waitForPlace();
    }
  }

  /** The executor shuts down while the intake waits for its source. */
  closed(error: unknown): void {
    this.#fail(error);
  }

  /** Stops pulling, and lets the source clean up unless it has ended. */
  async end(): Promise<void> {
    if (this.#ended) return;
    this.#ended = true;
    const wait = this.#wait;
    this.#wait = null;
    wait?.giveUp();
    this.#scheduler.pullers.delete(this);
    const closed = this.#source.return?.();
    if (wait !== inSource) await closed;
    // A source cleans up only after the pull under way, which may never end.
    else Promise.resolve(closed).catch(() => {});
  }

  #waitForPlace(): void {
    const reservation = this.#scheduler.reservations.wait();
    const wait = { giveUp: () => this.#scheduler.reservations.giveUp(reservation) };
    this.#goOnAfter(wait, reservation.promise, () => {
      if (this.#scheduler.state === 'open') this.#pullReserved();
      else this.#scheduler.reservations.release();
    });
  }

  /** Pulls one task with a place reserved. */
  #pullReserved(): void {
    this.#wait = inSource;
    let step;
    try {
      step = this.#source.next();
    } catch (error) {
      this.#scheduler.reservations.release();
      return this.#fail(error);
    }
    if (!(step instanceof Promise)) return this.#pulled(step, true);
    this.#scheduler.reservations.release();
    this.#scheduler.pullers.add(this);
    return this.#goOnAfter(inSource, step, (result) => {
      this.#scheduler.pullers.delete(this);
      this.#pulled(result, false);
    });
  }

  #pulled(step: IteratorResult<Task<unknown>, unknown>, reserved: boolean): void {
    this.#wait = null;
    // The source may have ended the intake during the pull.
    if (step.done === true || this.#ended) {
      this.#ended = true;
      this.#taker.sourceEnded(null);
      return reserved ? this.#scheduler.reservations.release() : undefined;
    }
    let job;
    try {
      job = this.#scheduler.createJob(step.value, step.value.options, 'fromStreams');
    } catch (error) {
      if (reserved) this.#scheduler.reservations.release();
      return this.#fail(error);
    }
    // A subscriber of `millrace:task:submit` may have ended the intake.
    if (this.#isEnded()) {
      this.#scheduler.cancel(job, leftReason(), false, 'left');
      return reserved ? this.#scheduler.reservations.release() : undefined;
    }
    this.#taker.created?.(job);
    const admitted = reserved ? this.#scheduler.tryAdmitReserved(job) : this.#scheduler.tryAdmit(job);
    return admitted ? this.#taker.pulled(job) : this.#waitForAdmission(job);
  }

  #isEnded(): boolean {
    return this.#ended;
  }

  #waitForAdmission(job: Job): void {
    if (job.done) return this.#taker.pulled(job);
    const giveUp = () => void this.#scheduler.cancel(job, leftReason(), false, 'left');
    const ended = this.#scheduler.line.waitInStream(job).promise.catch((error: unknown) => {
      // Only the executor's shutdown ends the intake. Any other error is the end of this one task.
      if (job.status === 'rejected' && error instanceof ExecutorClosedError) throw error;
    });
    this.#goOnAfter({ giveUp }, ended, () => this.#taker.pulled(job));
  }

  /** Continues when the promise settles, unless the wait was given up. */
  #goOnAfter<V>(wait: Wait, promise: Promise<V>, then: (value: V) => void): void {
    this.#wait = wait;
    promise.then(
      (value) => {
        if (this.#ended) return;
        this.#wait = null;
        then(value);
        this.pull();
        this.#taker.arrived();
      },
      (error: unknown) => {
        if (this.#ended) return;
        this.#wait = null;
        this.#fail(error);
      },
    );
  }

  #fail(error: unknown): void {
    this.#taker.sourceEnded({ reason: error });
    this.end().catch(() => {});
    this.#taker.arrived();
  }
}
