import type { Executor, Outcome, Source, Task } from '../index.ts';
import { fromText, toText } from './byte-path.ts';
import type { BytePath } from './byte-path.ts';
import { exitCodes } from './exit-codes.ts';
import type { ExitCode } from './exit-codes.ts';
import { Output } from './output.ts';
import type { Write } from './output.ts';
import { printable } from '../base/printable.ts';
import { Ring } from '../base/ring.ts';
import type { Progress, ProgressSource } from './progress.ts';
import { reasonOf } from './reason.ts';
import { UsageError } from './usage-error.ts';
import type { WatchArguments } from './watch-arguments.ts';
import type { Watching } from './watching.ts';

/** Milliseconds that running tasks get to end after the first signal; then the process exits regardless. */
const patienceMs = 500;

/** Counts all items while the first ones run; called only if the progress line is shown. Without it there is no line. */
export type CountItems = (() => Promise<number | undefined>) | undefined;

export interface EachOptions<I> {
  /** The executor that runs the tasks, from `open()`. */
  readonly executor: Executor;
  /** Bytes of a finished item, for the progress line; called only if the line is shown. */
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
 *      ├────── first signal ──→ interrupted ──→ exit when the running tasks have ended, after 500 ms, or on a second signal
 *      └────── reader gone ───────────────────→ exit without a message
 * ```
 * The first signal cancels queued tasks and gives running ones 500 ms, so that they can finish the files they write.
 */
export class Session {
  /** Standard output. `write()`, like `fail()`, may return a promise; the caller awaits it. */
  readonly output: Output;
  readonly #messages: Output;
  readonly #executors = new Set<Executor>();
  #watching: Watching | undefined;
  #progress: Progress = noProgress;
  #exitCode: ExitCode = exitCodes.ok;
  #interruptedWith: ExitCode | undefined;

  constructor() {
    const around = (write: Write): void => this.#progress.around(write);
    this.#messages = new Output(process.stderr, { around });
    this.output = new Output(process.stdout, {
      // Only on a terminal do output and progress line share a screen.
      ...(process.stdout.isTTY && { around }),
      failed: (error) => this.#outputFailed(error),
    });
    // Node prints warnings unescaped, and a warning may quote what a task has thrown.
    if (process.listenerCount('warning') > 0) {
      process.removeAllListeners('warning');
      process.on('warning', ({ name, message }) => void this.remark(`${name}: ${message}`));
    }
    process.on('SIGINT', () => this.#interrupt(exitCodes.interrupted));
    process.on('SIGTERM', () => this.#interrupt(exitCodes.terminated));
  }

  /**
   * Makes executors that are opened from now on visible to the inspector page, the trace and the verdict.
   *
   * @throws {MillraceError} if the port is in use, or the file can't be written.
   */
  async watch(args: WatchArguments | undefined): Promise<void> {
    if (args === undefined) return;
    // Loaded only if one of the options asks for it.
    const { Watching } = await import('./watching.ts');
    this.#watching = await Watching.start(args, (text) => void this.remark(text));
  }

  /** True once a signal has arrived. Later failures are consequences of the signal and are not reported. */
  get interrupted(): boolean {
    return this.#interruptedWith !== undefined;
  }

  /** True if an inspector page, a trace or a verdict was asked for. */
  get watched(): boolean {
    return this.#watching !== undefined;
  }

  /** Opens an executor; the session shuts it down at its end and on a signal. */
  async open(workers: number | undefined): Promise<Executor> {
    // Loaded late: a command with little work is done sooner without the library.
    const { Executor } = await import('../index.ts');
    const executor = new Executor(workers === undefined ? {} : { workers });
    this.#executors.add(executor);
    this.#watching?.add(executor);
    return executor;
  }

  /** Shuts an executor down before the session ends. */
  async close(executor: Executor): Promise<void> {
    this.#watching?.remove(executor);
    await executor.shutdown({ mode: 'cancel' });
    this.#executors.delete(executor);
  }

  /** Shows a progress line, which `advance()` updates; does nothing, nor calls `describe`, if stderr is no terminal. */
  async track(describe: () => ProgressSource): Promise<void> {
    if (!process.stderr.isTTY) return;
    // Loaded only for a terminal: loading takes a tenth of the time of a small run.
    const { showProgress } = await import('./progress.ts');
    this.#progress.stop();
    this.#progress = showProgress(describe());
  }

  /** Shows the progress of an executor through a list of items; does nothing without `total`. */
  async follow(executor: Executor, total: CountItems): Promise<void> {
    if (total === undefined) return;
    await this.track(() => {
      let known: number | undefined;
      void total().then((count) => (known = count));
      return { total: () => known, stats: () => executor.stats() };
    });
  }

  /** Counts one more finished item; asks for its bytes only if the progress line is shown. */
  advance(bytes: () => number = () => 0): void {
    if (this.#progress.shown) this.#progress.advance(bytes());
  }

  /**
   * Runs a task for each item and passes each outcome to `done`, failures included, in the order of the items. If `done`
   * returns a promise, the next outcome waits for it.
   */
  async each<I, R>(
    items: Source<I>,
    toTask: (item: I) => Task<R>,
    done: (item: I, outcome: Outcome<R>) => Promise<void> | undefined,
    { executor, bytes, total }: EachOptions<I>,
  ): Promise<void> {
    await this.follow(executor, total);
    // The items whose outcomes are to come, in their order.
    const begun = new Ring<I>();
    const taskOf = (item: I): Task<R> => {
      const task = toTask(item);
      begun.push(item);
      return task;
    };
    try {
      for await (const outcome of executor.map(items, taskOf, { outcomes: true })) {
        const item = begun.shift() as I;
        const written = done(item, outcome);
        this.advance(() => bytes?.(item) ?? 0);
        if (written !== undefined) await written;
      }
    } catch (error) {
      if (!this.interrupted) throw error;
    }
  }

  /** Reports a failed item. The other items continue; the exit code will be 1. */
  fail(name: BytePath, reason: unknown): Promise<void> | undefined {
    this.failed();
    this.#progress.failed();
    const text = toText(name);
    return this.remark(`${text || "''"}: ${reasonOf(reason, text)}`);
  }

  /** Sets the exit code to 1; the caller has reported the failure. */
  failed(): void {
    this.#exitCode = exitCodes.failed;
  }

  /** Prints one line on standard error; control characters in names and quotations are escaped. */
  remark(text: string): Promise<void> | undefined {
    return this.#messages.write(fromText(`millrace: ${printable(text)}\n`));
  }

  /** Reports an error that ends the command, and sets the exit code: 2 for a usage error, else 1. */
  abort(error: unknown): void {
    this.#exitCode = error instanceof UsageError ? exitCodes.usage : exitCodes.failed;
    void this.remark(reasonOf(error));
  }

  /** Flushes both outputs and shuts the executors down; resolves with the exit code. */
  async end(): Promise<ExitCode> {
    await this.output.end();
    this.#progress.stop();
    await this.#endWatching();
    await Promise.all([this.#messages.end(), this.#shutdown()]);
    // Shutting down may have caused warnings.
    await this.#messages.end();
    return this.#interruptedWith ?? this.#exitCode;
  }

  async #endWatching(): Promise<void> {
    try {
      await this.#watching?.end();
    } catch (error) {
      this.abort(error);
    }
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
