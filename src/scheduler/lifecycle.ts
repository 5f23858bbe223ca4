import { ExecutorClosedError } from '../base/errors.ts';
import type { Admission } from './admission/admission.ts';
import type { Ledger } from './admitted-jobs.ts';
import type { Transitions } from './transitions.ts';

/** How an executor ends; each later one is more urgent. */
export type ShutdownMode = 'drain' | 'cancel' | 'kill';

/**
 * ```
 * open → draining → cancelling → killing → closed      only forward, steps may be left out
 * ```
 * - open: takes submissions.
 * - draining: runs what was admitted, and what that submits.
 * - cancelling: what had not begun has been cancelled; what runs may finish.
 * - killing: what ran has been cancelled too, and the threads are being ended.
 * - closed: every thread has ended, every future has settled.
 */
export type SchedulerState = 'open' | 'draining' | 'cancelling' | 'killing' | 'closed';

/** A loop that waits for its source, which may be for ever. */
export interface Puller {
  /** The executor shuts down: nothing will be admitted any more. */
  closed(error: unknown): void;
}

const order: readonly SchedulerState[] = ['open', 'draining', 'cancelling', 'killing', 'closed'];
const stateFor = { drain: 'draining', cancel: 'cancelling', kill: 'killing' } as const;

/** The life of an executor: how far it has gone towards its end. */
export class Lifecycle {
  readonly pullers: Set<Puller> = new Set();
  readonly #name: string;
  readonly #transitions: Transitions;
  readonly #admission: Admission;
  readonly #ledger: Ledger;
  #state: SchedulerState = 'open';
  #closed: Promise<void> | null = null;
  #whenDrained: (() => void) | null = null;

  constructor(name: string, transitions: Transitions, admission: Admission, ledger: Ledger) {
    this.#name = name;
    this.#transitions = transitions;
    this.#admission = admission;
    this.#ledger = ledger;
  }

  get state(): SchedulerState {
    return this.#state;
  }

  /** May tasks that run still submit others? */
  get takesNested(): boolean {
    return this.#state === 'open' || this.#state === 'draining';
  }

  /** Goes forward to the state that the mode asks for; resolves when every thread has ended. */
  shutdown(mode: ShutdownMode): Promise<void> {
    const state = stateFor[mode];
    if (order.indexOf(state) > order.indexOf(this.#state)) this.#enter(state);
    this.#closed ??= this.#close();
    if (this.#state === 'killing') {
      this.#whenDrained?.();
      this.#ledger.engine.kill();
    } else this.checkDrained();
    return this.#closed;
  }

  /** Drained: nothing is pending, no thread is at work, and no task waits in one. */
  checkDrained(): void {
    if (this.#whenDrained !== null && this.#admission.empty) this.#whenDrained();
  }

  closedError(): ExecutorClosedError {
    return new ExecutorClosedError(`the executor '${this.#name}' has been shut down`);
  }

  #enter(state: SchedulerState): void {
    this.#state = state;
    const error = this.closedError();
    this.#admission.close(error, this.takesNested ? ['others'] : ['nested', 'others']);
    if (state !== 'draining') this.#ledger.endUnclaimed('cancelled', error);
    if (state === 'killing') this.#ledger.cancelRunning(error);
    // It lets their sources clean up.
    for (const puller of this.pullers) this.#transitions.tell({ tell: () => puller.closed(error) });
  }

  async #close(): Promise<void> {
    await new Promise<void>((resolve) => (this.#whenDrained = resolve));
    await this.#ledger.engine.close(this.closedError());
    this.#state = 'closed';
    this.#ledger.unobserved.flush();
  }
}
