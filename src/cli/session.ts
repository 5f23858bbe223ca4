import { Executor } from '../index.ts';
import type { Outcome, Source, Task } from '../index.ts';
import { fromText, toText } from './byte-path.ts';
import type { BytePath } from './byte-path.ts';
import { exitCodes } from './exit-codes.ts';
import type { ExitCode } from './exit-codes.ts';
import { Output } from './output.ts';
import type { Write } from './output.ts';
import { printable } from './printable.ts';
import type { Progress, ProgressSource } from './progress.ts';
import { reasonOf } from './reason.ts';
import { UsageError } from './usage-error.ts';

/** How long running tasks may take to end after the first signal, before the process leaves them. Milliseconds. */
const patienceMs = 500;

/** Counts the items meanwhile; called only if it is seen. Without it there is no progress line. */
export type CountItems = (() => Promise<number | undefined>) | undefined;

export interface EachOptions<I> {
  /** Where the tasks run; of `open()`. */
  readonly executor: Executor;
  /** Bytes of an item that is through, for the progress line; asked only if it is seen. */
  readonly bytes?: (item: I) => number;
  readonly total: CountItems;
}

const noProgress: Progress = {
  shown: false,
  advance() {},
  failed() {},
  around: (write) => write(() => {}),
  stop() {},
};

/**
 * One run of the command line: its executors, the two outputs, and what has gone wrong so far.
 *
 * ```
 *   running ── all done ──────────────────────→ end(): flush, exit code 0 or 1
 *      ├────── first signal ──→ interrupted ──→ exit, when what runs has ended or patience has; or by a second signal
 *      └────── reader gone ───────────────────→ exit, quietly
 * ```
 * The first signal cancels what has not begun and waits a moment for the rest, so that no half-written file is left.
 */
export class Session {
  /** Standard output. Like `fail`, it may answer with a promise, which is to be waited for. */
  readonly output: Output;
  readonly #messages: Output;
  readonly #executors = new Set<Executor>();
  #progress: Progress = noProgress;
  #exitCode: ExitCode = exitCodes.ok;
  #interruptedWith: ExitCode | undefined;

  constructor() {
    const around = (write: Write): void => this.#progress.around(write);
    this.#messages = new Output(process.stderr, { around });
    this.output = new Output(process.stdout, {
      // Elsewhere than on a terminal it does not meet the progress line.
      ...(process.stdout.isTTY && { around }),
      failed: (error) => this.#outputFailed(error),
    });
    // Node would print them as they are, and they quote what tasks have thrown.
    if (process.listenerCount('warning') > 0) {
      process.removeAllListeners('warning');
      process.on('warning', ({ name, message }) => void this.remark(`${name}: ${message}`));
    }
    process.on('SIGINT', () => this.#interrupt(exitCodes.interrupted));
    process.on('SIGTERM', () => this.#interrupt(exitCodes.terminated));
  }

  /** Has there been a signal? What fails from then on is nobody's failure. */
  get interrupted(): boolean {
    return this.#interruptedWith !== undefined;
  }

  /** An executor that ends with the session, and on a signal. */
  open(workers: number | undefined): Executor {
    const executor = new Executor(workers === undefined ? {} : { workers });
    this.#executors.add(executor);
    return executor;
  }

  /** Ends an executor before the session does. */
  async close(executor: Executor): Promise<void> {
    await executor.shutdown({ mode: 'cancel' });
    this.#executors.delete(executor);
  }

  /** Shows a progress line, which `advance()` moves on. `describe` is called only if it is seen. */
  async track(describe: () => ProgressSource): Promise<void> {
    if (!process.stderr.isTTY) return;
    // Not loaded if it is not seen: it takes a tenth of the time that a small run takes.
    const { showProgress } = await import('./progress.ts');
    this.#progress.stop();
    this.#progress = showProgress(describe());
  }

  /** Shows how far an executor is through some items. */
  async follow(executor: Executor, total: CountItems): Promise<void> {
    if (total === undefined) return;
    await this.track(() => {
      let known: number | undefined;
      void total().then((count) => (known = count));
      return { total: () => known, stats: () => executor.stats() };
    });
  }

  /** Another item is through. */
  advance({ bytes }: { readonly bytes: number } = { bytes: 0 }): void {
    this.#progress.advance(bytes);
  }

  /**
   * Runs a task for each item and hands the outcomes to `done`, in the order of the items, failures included; a promise that
   * it returns is waited for before the next one.
   */
  async each<I, R>(
    items: Source<I>,
    toTask: (item: I) => Task<R>,
    done: (item: I, outcome: Outcome<R>) => Promise<void> | undefined,
    { executor, bytes, total }: EachOptions<I>,
  ): Promise<void> {
    await this.follow(executor, total);
    const itemOf = new WeakMap<Task<R>, I>();
    const taskOf = (item: I): Task<R> => {
      const task = toTask(item);
      itemOf.set(task, item);
      return task;
    };
    try {
      for await (const outcome of executor.map(items, taskOf, { outcomes: true })) {
        const item = itemOf.get(outcome.future.task) as I;
        const written = done(item, outcome);
        this.advance({ bytes: this.#progress.shown && bytes !== undefined ? bytes(item) : 0 });
        if (written !== undefined) await written;
      }
    } catch (error) {
      if (!this.interrupted) throw error;
    }
  }

  /** Reports a failing item. The others go on; the exit code will be 1. */
  fail(name: BytePath, reason: unknown): Promise<void> | undefined {
    this.failed();
    this.#progress.failed();
    const text = toText(name);
    return this.remark(`${text}: ${reasonOf(reason, text)}`);
  }

  /** Something did not go well, and has been reported. */
  failed(): void {
    this.#exitCode = exitCodes.failed;
  }

  /** A line on standard error. Whatever it names and quotes, it is one line, and safe to show. */
  remark(text: string): Promise<void> | undefined {
    return this.#messages.write(fromText(`millrace: ${printable(text)}\n`));
  }

  /** Reports what makes it pointless to go on. */
  abort(error: unknown): void {
    this.#exitCode = error instanceof UsageError ? exitCodes.usage : exitCodes.failed;
    void this.remark(reasonOf(error));
  }

  /** Ends the threads, and resolves with the exit code when all has been written. */
  async end(): Promise<ExitCode> {
    await this.output.end();
    this.#progress.stop();
    await Promise.all([this.#messages.end(), this.#shutdown()]);
    // The end of a thread may be worth a warning.
    await this.#messages.end();
    return this.#interruptedWith ?? this.#exitCode;
  }

  #interrupt(exitCode: ExitCode): void {
    if (this.interrupted) this.#leave(exitCode);
    this.#interruptedWith = exitCode;
    this.#progress.stop();
    for (const output of [this.output, this.#messages]) {
      output.flush();
      output.break();
    }
    setTimeout(() => this.#leave(exitCode), patienceMs);
    void this.#shutdown().then(() => this.#leave(exitCode));
  }

  async #shutdown(): Promise<void> {
    await Promise.all([...this.#executors].map((executor) => executor.shutdown({ mode: 'cancel' })));
  }

  #outputFailed(error: NodeJS.ErrnoException): void {
    if (error.code === 'EPIPE') this.#leave(exitCodes.closedPipe);
    this.#progress.stop();
    process.stderr.write(`millrace: standard output: ${printable(reasonOf(error))}\n`, () =>
      this.#leave(exitCodes.failed),
    );
  }

  #leave(exitCode: ExitCode): never {
    this.#progress.stop();
    process.exit(exitCode);
  }
}
