import { Worker } from 'node:worker_threads';
import { taskUrl } from './contender.ts';
import type { WorkName } from './contender.ts';

/**
 * The same functions, called in a loop by threads that nobody talks to: what no pool can surpass on this machine. No
 * contender, since it takes no calls.
 */
export class BareThreads {
  readonly #workers: readonly Worker[];

  constructor(threads: number) {
    this.#workers = Array.from({ length: threads }, () => new Worker(taskUrl('bare-work.mjs')));
  }

  /** Calls per second of all threads together. */
  async rate(work: WorkName, argument: unknown, forMs: number): Promise<number> {
    const rates = this.#workers.map(
      (worker) =>
        new Promise<number>((resolve, reject) => {
          worker.once('message', resolve);
          worker.once('error', reject);
          worker.postMessage({ work, argument, forMs }, []);
        }),
    );
    return (await Promise.all(rates)).reduce((sum, each) => sum + each, 0);
  }

  async close(): Promise<void> {
    await Promise.all(this.#workers.map((worker) => worker.terminate()));
  }
}
