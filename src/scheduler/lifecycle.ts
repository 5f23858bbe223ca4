import { ExecutorClosedError } from '../base/errors.ts';
import type { Admission } from './admission/admission.ts';
import type { AdmittedJobs } from './admitted-jobs.ts';
import type { Transitions } from './transitions.ts';

/** How an executor shuts down, from the least to the most urgent; see `Executor.shutdown()`. */
export type ShutdownMode = 'drain' | 'cancel' | 'kill';

/**
 * ```
 * open → draining → cancelling → killing → closed      only forward; states may be skipped
 * ```
 * - open: the executor takes submissions.
 * - draining: it runs the admitted tasks, and tasks that these submit.
 * - cancelling: it has cancelled unbegun tasks and iterations; other running tasks may finish.
 * - killing: it has cancelled running tasks too, and ends the threads.
 * - closed: every thread has ended, every future has settled.
 */
export type SchedulerState = 'open' | 'draining' | 'cancelling' | 'killing' | 'closed';

/** A loop that waits for its source, perhaps for ever. */
export interface Puller {
  /** The executor shuts down, and admits nothing more. */
  closed(error: unknown): void;
}

const order: readonly SchedulerState[] = ['open', 'draining', 'cancelling', 'killing', 'closed'];
const stateFor = { drain: 'draining', cancel: 'cancelling', kill: 'killing' } as const;

/** The state of an executor on its way to its end. */
export class Lifecycle {
  readonly pullers: Set<Puller> = new Set();
  readonly #name: string;
  readonly #transitions: Transitions;
  readonly #admission: Admission;
  readonly #admittedJobs: AdmittedJobs;
  #state: SchedulerState = 'open';
  #closed: Promise<void> | null = null;
  /** Call it once all tasks have left their workers, or to stop waiting for that. */
  #drained: () => void = () => {};

  constructor(name: string, transitions: Transitions, admission: Admission, admittedJobs: AdmittedJobs) {
    this.#name = name;
    this.#transitions = transitions;
    this.#admission = admission;
    this.#admittedJobs = admittedJobs;
  }

  get state(): SchedulerState {
    return this.#state;
  }

  /** May running tasks still submit tasks? */
  get takesNested(): boolean {
    return this.#state === 'open' || this.#state === 'draining';
  }

  /** Goes forward to the state that the mode asks for; resolves when every thread has ended. */
  shutdown(mode: ShutdownMode): Promise<void> {
    const state = stateFor[mode];
    if (order.indexOf(state) > order.indexOf(this.#state)) this.#enter(state);
    this.#closed ??= this.#close();
    if (this.#state === 'killing') {
      this.#drained();
      this.#admittedJobs.engine.kill();
    }
    return this.#closed;
  }

  closedError(): ExecutorClosedError {
    return new ExecutorClosedError(`the executor '${this.#name}' has been shut down`);
  }

  #enter(state: SchedulerState): void {
    this.#state = state;
    const error = this.closedError();
    this.#admission.close(error, this.takesNested ? ['others'] : ['nested', 'others']);
    if (state !== 'draining') {
      this.#admittedJobs.endUnclaimed('cancelled', error, 'shutdown');
      this.#admittedJobs.cancelIterations(error);
      this.#admittedJobs.endSources(error);
    }
    if (state === 'killing') this.#admittedJobs.cancelRunning(error);
    // Loops that wait for their sources let these clean up.
    for (const puller of this.pullers) this.#transitions.tell({ tell: () => puller.closed(error) });
  }

  async #close(): Promise<void> {
    await new Promise<void>((resolve) => {
      this.#drained = resolve;
      this.#admission.whenEmpty(resolve);
    });
    await this.#admittedJobs.engine.close(this.closedError());
    this.#state = 'closed';
    this.#admittedJobs.unobserved.flush();
  }
}
