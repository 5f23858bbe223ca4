import type { ResolvedExecutorOptions } from '../executor-options.ts';
import type { WorkerBackend, WorkerEvents } from '../scheduler/backend.ts';
import { PiscinaThread } from './piscina-thread.ts';

/** Runs tasks in worker threads, each of them in a Piscina of its own. */
export class PiscinaBackend implements WorkerBackend {
  readonly #options: ResolvedExecutorOptions;

  constructor(options: ResolvedExecutorOptions) {
    this.#options = options;
  }

  start(events: WorkerEvents): PiscinaThread {
    return new PiscinaThread(this.#options, events);
  }
}
