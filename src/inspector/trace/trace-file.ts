import { InvalidOptionError } from '../../index.ts';
import type { Executor } from '../../index.ts';
import { checkOptions, integer, millisecondsFrom, show } from '../../base/options.ts';
import type { OptionChecks } from '../../base/options.ts';
import { warn } from '../../base/warn.ts';
import { executorsOf } from '../options.ts';
import { listen } from '../record/listening.ts';
import { ExecutorTrace } from './executor-trace.ts';
import { TraceWriter } from './trace-writer.ts';

/** Options of `traceFile()`; all are optional. */
export interface TraceFileOptions {
  /** Keep only the end of the trace: between this many milliseconds and twice as many. At least 100. Default: keep all. */
  readonly lastMs?: number;
  /** Most bytes of the file, an integer of at least 65,536. A full trace ends or, with `lastMs`, loses its oldest events. Default 256 MiB. */
  readonly maxBytes?: number;
  /** Run time in milliseconds from which a task gets a slice of its own; shorter neighbours share one. Default 1. */
  readonly taskMs?: number;
  /** Wait in milliseconds from which a task gets an arrow from its submission. Default 50. */
  readonly slowMs?: number;
}

/** A trace that is being written. */
export interface TraceFile extends AsyncDisposable {
  readonly path: string;
  /**
   * Ends the file. Rejects with a `MillraceError` (`ERR_MILLRACE_TRACE`) if the trace could not be written completely, for example
   * because the disk is full. The executors are not affected.
   */
  stop(): Promise<void>;
}

const checks: OptionChecks<TraceFileOptions> = {
  lastMs: millisecondsFrom(100),
  maxBytes: integer(64 * 1024),
  taskMs: millisecondsFrom(0),
  slowMs: millisecondsFrom(0),
};

/** Milliseconds between two samples. */
const sampleMs = 50;
/** Samples between two writes: one write every 250 ms. */
const writeEvery = 5;

/**
 * Writes a trace of executors into a file for https://ui.perfetto.dev: the tasks of each thread, their waits, the number of tasks in
 * each state, and failures. Tracing costs throughput only with the smallest tasks.
 *
 * Only the user can read the file (mode 0600). It contains labels and names of functions, cut to 80 characters, but no arguments,
 * results or messages of errors. If the process is killed, the file lacks the last quarter of a second and its closing bracket, which
 * Perfetto does not need.
 *
 * @throws {InvalidOptionError} for an unknown option or a bad value; `MillraceError` (`ERR_MILLRACE_TRACE`) if the file can't be opened.
 */
export function traceFile(
  executors: Executor | readonly Executor[],
  path: string,
  options: TraceFileOptions = {},
): TraceFile {
  const traced = executorsOf(executors);
  if (typeof path !== 'string' || path === '') {
    throw new InvalidOptionError('path', path, `path must be the name of a file, not ${show(path)}`);
  }
  return new Trace(traced, path, checkOptions('trace option', options, checks));
}

/** A trace to which executors may be added later. */
export class Trace implements TraceFile {
  readonly path: string;
  readonly #writer: TraceWriter;
  readonly #traces = new Map<number, ExecutorTrace>();
  readonly #options: { readonly taskMs: number; readonly slowMs: number };
  readonly #unlisten: () => void;
  readonly #timer: NodeJS.Timeout;
  readonly #atExit = (): void => this.#end();
  #sinceWrite = 0;
  #stopped: Promise<void> | undefined;

  constructor(executors: readonly Executor[], path: string, options: TraceFileOptions) {
    const { lastMs, maxBytes = 256 * 1024 * 1024, taskMs = 1, slowMs = 50 } = options;
    this.path = path;
    this.#options = { taskMs, slowMs };
    const head = () => [
      `{"ph":"M","name":"clock_sync","pid":0,"tid":0,"args":{"startedAt":${JSON.stringify(new Date(performance.timeOrigin))}}}`,
      ...[...this.#traces.values()].flatMap((trace) => trace.head()),
    ];
    this.#writer = new TraceWriter(path, { maxBytes, lastMs }, head, (error) => {
      this.#unlisten();
      clearInterval(this.#timer);
      warn('MillraceTraceWarning', error.message);
    });
    for (const executor of executors) this.add(executor);
    const of = (message: { readonly executorId: number }) => this.#traces.get(message.executorId);
    this.#unlisten = listen({
      'millrace:batch:answer': (message) => of(message)?.answered(message),
      'millrace:task:fail': (message) => of(message)?.failed(message),
      'millrace:gate:refuse': (message) => of(message)?.gateRefused(message),
      'millrace:worker:start': (message) => of(message)?.workerStarted(message),
      'millrace:worker:end': (message) => of(message)?.workerEnded(message),
    });
    this.#timer = setInterval(() => this.#tick(), sampleMs).unref();
    process.once('exit', this.#atExit);
  }

  add(executor: Executor): void {
    if (this.#traces.has(executor.executorId)) return;
    const trace = new ExecutorTrace(executor, this.#options, (event) => this.#writer.add(event));
    this.#traces.set(executor.executorId, trace);
    for (const event of trace.head()) this.#writer.add(event);
  }

  remove(executor: Executor): void {
    this.#traces.delete(executor.executorId);
  }

  stop(): Promise<void> {
    return (this.#stopped ??= this.#stop());
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop();
  }

  #tick(): void {
    for (const trace of this.#traces.values()) trace.sample();
    if (++this.#sinceWrite < writeEvery) return;
    this.#sinceWrite = 0;
    for (const trace of this.#traces.values()) trace.flush();
    this.#writer.flush();
    // The file is full: stop recording.
    if (!this.#writer.open) this.#quiet();
  }

  async #stop(): Promise<void> {
    this.#quiet();
    process.off('exit', this.#atExit);
    for (const trace of this.#traces.values()) trace.flush();
    await this.#writer.close();
    if (this.#writer.error !== undefined) throw this.#writer.error;
  }

  /** Ends the file synchronously when the process exits before `stop()`. */
  #end(): void {
    this.#quiet();
    for (const trace of this.#traces.values()) trace.flush();
    this.#writer.closeNow();
  }

  #quiet(): void {
    this.#unlisten();
    clearInterval(this.#timer);
  }
}
