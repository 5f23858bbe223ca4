import type { Job } from '../../scheduler/job/job.ts';
import type { RemoteBatch } from './remote-batch.ts';

/** Sent batches with unanswered jobs. */
export class OpenBatches {
  readonly #batches = new Map<string, RemoteBatch>();
  /** Jobs that their hosts have reported as running, and settled ones that still run there. */
  readonly running: Set<Job> = new Set();

  get size(): number {
    return this.#batches.size;
  }

  /** Number of unanswered jobs. */
  get jobs(): number {
    let open = 0;
    for (const batch of this.#batches.values()) open += batch.open;
    return open;
  }

  all(): RemoteBatch[] {
    return [...this.#batches.values()];
  }

  get(id: string): RemoteBatch | undefined {
    return this.#batches.get(id);
  }

  add(batch: RemoteBatch): void {
    this.#batches.set(batch.id, batch);
  }

  /** A job leaves its batch. */
  close(batch: RemoteBatch, job: Job): void {
    batch.close(job.position);
    this.running.delete(job);
    job.batch = null;
    if (batch.open === 0) this.#batches.delete(batch.id);
  }

  /** Drops all batches: no further reply counts. */
  abandon(left: (job: Job) => void): void {
    for (const batch of this.all()) {
      for (const job of batch.openJobs()) {
        this.close(batch, job);
        left(job);
      }
    }
  }
}
