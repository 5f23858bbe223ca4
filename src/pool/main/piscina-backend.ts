import type { Call, WorkerBackend, WorkerEvents } from '../../scheduler/dispatch/backend.ts';
import { workerFile } from './worker-file.ts';
import type { ThreadSettings } from './thread-options.ts';
import { PiscinaThread } from './piscina-thread.ts';

/** Runs tasks in worker threads, each of them in a Piscina of its own. */
export class PiscinaBackend<C extends Call> implements WorkerBackend<C> {
  readonly #options: ThreadSettings;
  readonly #idle = new Int32Array(new SharedArrayBuffer(4));

  constructor(options: ThreadSettings) {
    // Now, and not when a thread is to be started: the constructor tells of it.
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
