import type { Call, WorkerBackend, WorkerEvents, WorkerLimits } from '../../scheduler/dispatch/backend.ts';
import { workerLimits } from '../wire/worker-limits.ts';
import { workerFile } from './start/worker-file.ts';
import type { ThreadSettings } from './start/thread-options.ts';
import { PiscinaThread } from './piscina-thread.ts';

/** Runs tasks in worker threads, each of them in a Piscina of its own. */
export class PiscinaBackend<C extends Call> implements WorkerBackend<C> {
  readonly limits: WorkerLimits = workerLimits;
  readonly #options: ThreadSettings;
  readonly #idle = new Int32Array(new SharedArrayBuffer(4));

  constructor(options: ThreadSettings) {
    // Now, not when a thread starts: a missing file is an error of the constructor.
    workerFile();
    this.#options = options;
  }

  start(events: WorkerEvents<C>): PiscinaThread<C> {
    return new PiscinaThread(this.#options, this.#idle.buffer, events);
  }

  idle(workers: number): void {
    Atomics.store(this.#idle, 0, workers);
  }
}
