import type { ExecutorIdentity } from '../executor-id.ts';
import type { Counters } from '../figures/stats.ts';
import {
  publishFail,
  publishRefuse,
  publishSettle,
  settlementsHeard,
  taskChannels,
} from '../job/diagnostics.ts';
import { whyRefused } from '../job/failure.ts';
import type { FailureReason } from '../job/failure.ts';
import type { Job } from '../job/job.ts';
import type { Transitions } from '../transitions.ts';

/** Ends submissions that were never admitted. Each method returns the error that it was given, for the caller to reject with. */
export class Unadmitted {
  readonly #transitions: Transitions;
  readonly #identity: ExecutorIdentity;
  readonly #counters: Counters;

  constructor(transitions: Transitions, identity: ExecutorIdentity, counters: Counters) {
    this.#transitions = transitions;
    this.#identity = identity;
    this.#counters = counters;
  }

  /** The executor refuses the job: it is full or shuts down, or the job has waited too long. No effect on a settled job. */
  refuse<E>(job: Job, error: E): E {
    if (job.done) return error;
    return this.#transitions.run(() => {
      if (taskChannels.refuse.hasSubscribers) publishRefuse(this.#transitions, this.#identity, job, error);
      if (taskChannels.fail.hasSubscribers) {
        const why = whyRefused(error);
        publishFail(this.#transitions, this.#identity, job, { status: 'refused', error, why });
      }
      this.#counters.refused++;
      job.settle('rejected', error);
      return error;
    });
  }

  /** The caller no longer wants the job: its signal has aborted, or the job was cancelled. */
  abort<E>(job: Job, reason: E, why: FailureReason = 'signal'): E {
    return this.#transitions.run(() => {
      if (settlementsHeard()) publishSettle(this.#transitions, this.#identity, job, 'cancelled', reason);
      if (taskChannels.fail.hasSubscribers)
        publishFail(this.#transitions, this.#identity, job, { status: 'cancelled', error: reason, why });
      this.#counters.cancelled++;
      job.settle('cancelled', reason);
      return reason;
    });
  }
}
