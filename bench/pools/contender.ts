/** The functions in `tasks/work.mjs`, which every contender runs. */
export type WorkName = 'empty' | 'spin' | 'spinLong' | 'compute' | 'echo' | 'echoMoved' | 'hashFile';

/** A pool under test. Each is set up as its documentation recommends for a fixed number of threads. */
export interface Contender {
  readonly name: string;
  /** Runs one function with one argument; `move` lists what is transferred to the thread. */
  readonly call: (work: WorkName, argument?: unknown, move?: ArrayBuffer[]) => Promise<unknown>;
  readonly close: () => Promise<unknown>;
}

export type Starter = (threads: number) => Promise<Contender>;

export const taskUrl = (file: string): URL => new URL(`../../pools/tasks/${file}`, import.meta.url);
