import type { Job } from '../../scheduler/job/job.ts';
import type { Transitions } from '../../scheduler/transitions.ts';
import { Asks } from './asks.ts';
import { RemoteBatch } from './remote-batch.ts';
import type { Transport } from './transport.ts';

/** @param then settles a job that will never run on a host, before it leaves its batch. */
type Take = (batch: RemoteBatch, job: Job, then: () => void) => void;

/** Cancels jobs that have been sent. */
export class Stops {
  readonly #transport: Transport;
  readonly #transitions: Transitions;
  readonly #take: Take;
  readonly #asks: Asks;
  /** Reasons of the jobs that were asked to stop. */
  readonly #reasons = new WeakMap<Job, unknown>();

  constructor(transport: Transport, transitions: Transitions, take: Take) {
    this.#transport = transport;
    this.#transitions = transitions;
    this.#take = take;
    this.#asks = new Asks(transport);
  }

  /** Repeats unanswered questions. */
  askSoon(): void {
    this.#asks.askSoon();
  }

  recall(job: Job, taken: () => void): void {
    const batch = job.batch;
    if (!(batch instanceof RemoteBatch)) return;
    const { position } = job;
    this.#asks.ask({
      job,
      batch,
      position,
      mode: 'recall',
      answered: (answer) => {
        if (answer !== 'unbegun' || batch.jobAt(position) !== job) return;
        this.#transitions.run(() => this.#take(batch, job, taken));
      },
    });
  }

  /** Returns false if no host has the job. */
  noteReason(job: Job, reason: unknown): boolean {
    if (batchOf(job) === undefined) return false;
    this.#reasons.set(job, reason);
    return true;
  }

  /** @param left called if the job has not begun: its place is free. */
  cancel(job: Job, left: () => void): void {
    const { batch, position } = job;
    if (!(batch instanceof RemoteBatch)) return;
    this.#asks.ask({
      job,
      batch,
      position,
      mode: 'cancel',
      answered: (answer) => {
        if (batch.jobAt(position) !== job) return;
        if (answer === 'unbegun') this.#transitions.run(() => this.#take(batch, job, left));
        else if (answer === 'begun') this.#tellHosts(job, batch, false);
      },
    });
  }

  endWorkerOf(job: Job): void {
    const batch = batchOf(job);
    if (batch !== undefined) this.#tellHosts(job, batch, true);
  }

  /** Tells the hosts when the books are in order: getters of the reason may do anything. */
  #tellHosts(job: Job, batch: RemoteBatch, end: boolean): void {
    const reason = this.#reasons.get(job);
    const { position } = job;
    this.#transitions.tell({ tell: () => this.#transport.stop(batch.id, position, reason, end) });
  }
}

/** The batch of an unanswered job. */
function batchOf(job: Job): RemoteBatch | undefined {
  const { batch, position } = job;
  return batch instanceof RemoteBatch && batch.jobAt(position) === job ? batch : undefined;
}
