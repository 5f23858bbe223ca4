import { show } from '../../base/options.ts';
import { warn } from '../../base/warn.ts';
import { Future } from './future.ts';
import { Job } from './job.ts';

/** Called with a failed future whose outcome the program has not read. */
export type UnobservedErrorHandler = (future: Future<unknown>) => void;

/** A failure that the program has not read yet. It must not refer to its job, which could then never be collected. */
export interface UnreadFailure {
  readonly copy: Job;
  read: boolean;
  /** Does a loop hold the failure for a reader that has not reached it yet? */
  held: boolean;
}

/** Those with failures that nobody has read. The set keeps them, and what their handlers refer to, from being collected with the futures. */
const lasting = new Set<Unobserved>();

/**
 * Failures that the program has not read. Each is reported once: when its future has been collected as garbage, when the executor has
 * shut down, or when the process has nothing more to do. A failure that a loop holds for a slow reader outlives the shutdown. The
 * handler gets a future with the same facts, not the future itself.
 */
export class Unobserved {
  readonly #report: UnobservedErrorHandler;
  readonly #failures = new Set<UnreadFailure>();
  readonly #collected: FinalizationRegistry<UnreadFailure>;

  constructor(report: UnobservedErrorHandler | undefined) {
    this.#report = report ?? warnOf;
    this.#collected = new FinalizationRegistry((failure) => this.#tell(failure));
  }

  /** Adds a job that has just been rejected, and whose outcome the program has not asked for. */
  add(job: Job): void {
    const { status, value, submittedAt, startedAt, endedAt } = job;
    const copy = new Job(job.id, job.task, job.options, 0, job.owner);
    Object.assign(copy, { status, value, submittedAt, startedAt, endedAt });
    const failure: UnreadFailure = { copy, read: false, held: false };
    job.unread = failure;
    this.#failures.add(failure);
    this.#collected.register(job, failure);
    if (lasting.size === 0) process.on('beforeExit', flushAll);
    lasting.add(this);
  }

  /** The executor has shut down: reports unread failures now; those that a loop holds when no reader can reach them any more. */
  flush(): void {
    for (const failure of this.#failures) if (!failure.held || failure.read) this.#tell(failure);
  }

  /** The process ends: reports all unread failures. */
  end(): void {
    for (const failure of this.#failures) this.#tell(failure);
  }

  #tell(failure: UnreadFailure): void {
    if (!this.#failures.delete(failure)) return;
    if (this.#failures.size === 0 && lasting.delete(this) && lasting.size === 0)
      process.off('beforeExit', flushAll);
    if (failure.read) return;
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

function flushAll(): void {
  for (const unobserved of lasting) unobserved.end();
}

function warnOf(future: Future<unknown>): void {
  const { label, value } = Future.jobOf(future);
  const message = `the program never read the failure of task ${future.id} (${label}): ${show(value)}`;
  warn('MillraceUnobservedError', message);
}
