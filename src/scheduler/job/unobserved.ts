import { show } from '../../base/options.ts';
import { Future } from './future.ts';
import { Job } from './job.ts';

/** Told of a failed future whose outcome nobody has read. */
export type UnobservedErrorHandler = (future: Future<unknown>) => void;

/** A failure that nobody has asked about yet. It must not refer to its job, which would then never be collected. */
export interface UnreadFailure {
  readonly copy: Job;
  read: boolean;
}

/**
 * Failures that nobody has asked about. Each is reported once: when its future has been collected (nobody can ask
 * any more), or when the executor has shut down. The handler gets a future with the same facts.
 */
export class Unobserved {
  readonly #report: UnobservedErrorHandler;
  readonly #failures = new Set<UnreadFailure>();
  readonly #collected: FinalizationRegistry<UnreadFailure>;

  constructor(report: UnobservedErrorHandler | undefined) {
    this.#report = report ?? warn;
    this.#collected = new FinalizationRegistry((failure) => this.#tell(failure));
  }

  /** A job that has just been rejected, and that nobody has asked about so far. */
  add(job: Job): void {
    const { status, value, submittedAt, startedAt, endedAt } = job;
    const copy = new Job(job.id, job.task, job.options, 0, job.owner);
    Object.assign(copy, { status, value, submittedAt, startedAt, endedAt });
    const failure: UnreadFailure = { copy, read: false };
    job.unread = failure;
    this.#failures.add(failure);
    this.#collected.register(job, failure);
  }

  /** The executor has shut down: what is still unread is reported now. */
  flush(): void {
    for (const failure of this.#failures) this.#tell(failure);
  }

  #tell(failure: UnreadFailure): void {
    if (!this.#failures.delete(failure) || failure.read) return;
    try {
      this.#report(Future.of(failure.copy));
    } catch (error) {
      // The handler's own mistake must not end up in the middle of a shutdown or of the collector's callback.
      process.nextTick(() => {
        throw error;
      });
    }
  }
}

function warn(future: Future<unknown>): void {
  const { label, value } = Future.jobOf(future);
  const message = `nobody read the failure of task ${future.id} (${label}): ${show(value)}`;
  process.emitWarning(message, 'MillraceUnobservedError');
}
