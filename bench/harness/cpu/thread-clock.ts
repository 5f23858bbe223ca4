import { readdirSync, readFileSync } from 'node:fs';
import { stat } from 'node:fs/promises';
import type { Cost } from './cost.ts';

const folder = '/proc/self/task';
const nap = new Int32Array(new SharedArrayBuffer(4));

/** Nanoseconds on a core by thread of this process, from `/proc/self/task/TID/schedstat`. Linux only. */
export class ThreadClock {
  /** Threads that were there before the executor was: this one, V8's helpers, libuv's pool. */
  readonly #others: ReadonlySet<string>;

  private constructor(others: ReadonlySet<string>) {
    this.#others = others;
  }

  /** To be called before the executor is made: each thread that comes later counts as one of its workers. */
  static async start(): Promise<ThreadClock> {
    // libuv starts its pool with the first request: without one here, its threads would count as workers.
    await stat(folder);
    return new ThreadClock(new Set(readdirSync(folder)));
  }

  read(): Cost {
    // A running thread's time is brought up to date every few milliseconds, and when the thread goes to sleep.
    Atomics.wait(nap, 0, 0, 1);
    const times = { main: 0, workers: 0, other: 0 };
    for (const thread of readdirSync(folder)) {
      const [nanoseconds] = readFileSync(`${folder}/${thread}/schedstat`, 'utf8').split(' ');
      times[this.#kind(thread)] += Number(nanoseconds);
    }
    return times;
  }

  #kind(thread: string): keyof Cost {
    if (thread === String(process.pid)) return 'main';
    return this.#others.has(thread) ? 'other' : 'workers';
  }
}
