import type { Claim } from '../../scheduler/dispatch/backend.ts';
import type { Job } from '../../scheduler/job/job.ts';
import type { SentBatch } from '../../scheduler/job/job-parts.ts';

/**
 * Jobs on their way to a host, or there, as their producer knows them. `running` is the last reported state.
 *
 * ```
 * sent ──began──→ running ──answer──→ finished
 *   └──answer, or the job never begins───↑
 * ```
 */
export class RemoteBatch implements SentBatch {
  readonly id: string;
  /** The encoded calls, kept until every job is answered, because the batch may have to be added again. */
  payload: Buffer | undefined = undefined;
  readonly jobs: readonly Job[];
  /** One place for all hosts together: the producer does not know which thread runs the batch. */
  place = 0;
  /** Has Redis acknowledged the batch? Then Redis must know it. */
  acknowledged = false;
  /** Is Redis still to answer the call that adds the batch? */
  adding = false;
  /** When the batch was sent, and when the last message about it arrived, in milliseconds. */
  readonly sentAt: number = performance.now();
  heardAt: number = this.sentAt;
  readonly #claims: Claim[];
  #open: number;
  /** When each job began, as reported. */
  readonly #begins: Float64Array;

  constructor(id: string, jobs: readonly Job[]) {
    this.id = id;
    this.jobs = jobs;
    this.#claims = jobs.map(() => 'sent' as const);
    this.#open = jobs.length;
    this.#begins = new Float64Array(jobs.length).fill(NaN);
  }

  /** Number of unanswered positions. */
  get open(): number {
    return this.#open;
  }

  isOpen(position: number): boolean {
    const claim = this.#claims[position];
    return claim === 'sent' || claim === 'running';
  }

  /** The job at an open position, if it still belongs to this batch. */
  jobAt(position: number): Job | undefined {
    const job = this.jobs[position];
    return job?.batch === this && this.isOpen(position) ? job : undefined;
  }

  *openJobs(): Generator<Job> {
    for (let position = 0; position < this.jobs.length; position++) {
      const job = this.jobAt(position);
      if (job !== undefined) yield job;
    }
  }

  claim(position: number): Claim {
    return this.#claims[position] ?? 'taken';
  }

  /** A host reports that the job began. */
  began(position: number, at: number): void {
    if (this.#claims[position] !== 'sent') return;
    this.#claims[position] = 'running';
    this.#begins[position] = Math.max(at, this.sentAt);
  }

  /** Nothing more is expected of this position. */
  close(position: number): void {
    if (!this.isOpen(position)) return;
    this.#claims[position] = 'finished';
    this.#open--;
  }

  /** When the job began; now, for a run time of 0, if no begin was reported. */
  startedAt(position: number): number {
    const at = this.#begins[position];
    return at === undefined || Number.isNaN(at) ? performance.now() : at;
  }
}
