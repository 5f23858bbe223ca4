import { Executor } from '../index.ts';
import type { Outcome, Source, Task } from '../index.ts';
import { Output } from './output.ts';
import { Progress } from './progress.ts';

export interface EachOptions {
  /** Results in the order of the items. */
  readonly ordered: boolean;
  /** How many items there will be, if that is known or can be counted meanwhile. */
  readonly total?: () => Iterable<unknown>;
}

/** How long running tasks may take to end after the first signal, before the process leaves them. Milliseconds. */
const patienceMs = 500;

/**
 * One run of the command line: an executor, the two outputs, and what has gone wrong so far.
 *
 * The first SIGINT or SIGTERM cancels what has not begun and waits a moment for the rest, so that no half-written file
 * is left; the second one, or the end of that moment, ends the process. A reader that goes away ends it quietly.
 */
export class Session {
  readonly executor: Executor;
  readonly output: Output = new Output(process.stdout, () => this.#leave(0));
  readonly #progress: Progress;
  #failed = false;
  #signalled = false;

  constructor(workers: number | undefined) {
    this.executor = new Executor(workers === undefined ? {} : { workers });
    this.#progress = new Progress(this.executor);
    process.on('SIGINT', () => this.#interrupted(130));
    process.on('SIGTERM', () => this.#interrupted(143));
  }

  /** Runs a task for each item; failures are yielded like results. */
  async *each<I, R>(
    items: Source<I>,
    toTask: (item: I) => Task<R>,
    { ordered, total }: EachOptions,
  ): AsyncGenerator<{ item: I; outcome: Outcome<R> }> {
    const itemOf = new WeakMap<Task<R>, I>();
    const tasksOf = (item: I): Task<R> => {
      const task = toTask(item);
      itemOf.set(task, item);
      return task;
    };
    this.#progress.start(total);
    for await (const outcome of this.executor.map(items, tasksOf, { ordered, outcomes: true })) {
      this.#progress.advance();
      yield { item: itemOf.get(outcome.future.task) as I, outcome };
    }
  }

  /** Reports a failing item. The others go on; the exit code will be 1. */
  fail(name: string, reason: unknown): void {
    this.failed();
    if (this.#signalled) return;
    this.#progress.above(`millrace: ${name}: ${reason instanceof Error ? plain(reason) : String(reason)}\n`);
  }

  /** Something did not go well, and has been reported. */
  failed(): void {
    this.#failed = true;
  }

  /** A remark on standard error. */
  remark(text: string): void {
    this.#progress.above(`millrace: ${text}\n`);
  }

  /** Flushes, ends the threads; the exit code. */
  async end(): Promise<number> {
    await this.output.flush();
    await this.abandon();
    return this.#failed ? 1 : 0;
  }

  async abandon(): Promise<void> {
    this.#progress.stop();
    await this.executor.shutdown({ mode: 'cancel' });
  }

  #interrupted(exitCode: number): void {
    if (this.#signalled) this.#leave(exitCode);
    this.#signalled = true;
    setTimeout(() => this.#leave(exitCode), patienceMs);
    void this.executor.shutdown({ mode: 'cancel' }).then(() => this.#leave(exitCode));
  }

  #leave(exitCode: number): never {
    this.#progress.stop();
    process.exit(exitCode);
  }
}

/** A platform error's own words, without the code and the path that it repeats. */
function plain(error: Error): string {
  const words = /^[A-Z][A-Z0-9_]*: ([^,]+), [a-z]+ '/.exec(error.message);
  return words?.[1] ?? error.message;
}
