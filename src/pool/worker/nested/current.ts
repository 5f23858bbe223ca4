import { bufferUnordered } from '../../../flow/buffered.ts';
import { offAbort, onAbort, throwIfAborted } from '../../../base/on-abort.ts';
import type { Outcome } from '../../../base/outcome.ts';
import { checkSource } from '../../../base/source.ts';
import type { Source } from '../../../base/source.ts';
import { abortSignal, checkOptions, integer } from '../../../base/options.ts';
import { ItemQueue } from '../../../base/item-queue.ts';
import { staysInThread } from '../../../base/stays.ts';
import type { NestedCalls } from '../parking/nested-calls.ts';
import { endSources } from '../parking/supplies.ts';
import type { CallListener } from '../parking/task-listeners.ts';
import type { CallFlow } from '../../../tasks/call-flow.ts';
import { asGeneratorTask } from '../../../tasks/generator-task.ts';
import type { GeneratorTask } from '../../../tasks/generator-task.ts';
import { resolveIterateOptions } from '../../../tasks/iterate-options.ts';
import type { IterateOptions } from '../../../tasks/iterate-options.ts';
import { asTask, Task } from '../../../tasks/task.ts';
import type { TaskResult } from '../../../tasks/task.ts';
import { validateTaskOptions } from '../../../tasks/task-options.ts';
import type { TaskOptions } from '../../../tasks/task-options.ts';
import { isThenable } from '../../../tasks/thenable.ts';
import { atHand } from './at-hand.ts';
import { NestedFuture } from './nested-future.ts';
import { NestedIteration } from './nested-iteration.ts';
import { Offers } from './offers.ts';

interface Listener<R> {
  admitted?(): void;
  /** For a generator: the window of its reader. */
  readonly flow?: CallFlow;
  items?(values: unknown[]): void;
  /** Called with the number of the call. */
  sent?(call: number): void;
  settled(outcome: Outcome<R>): void;
}

/**
 * The executor, as a task that it runs sees it. Whatever waits here gives the task's place back meanwhile: the thread runs
 * others, and the task goes on when it is free again. So tasks may be nested to any depth, on one thread as well.
 *
 * Child tasks have their parent's priority unless they have one of their own. They run before submissions from outside, and are
 * cancelled when their parent settles.
 */
export class Current {
  readonly #calls: NestedCalls;
  readonly #offers: Offers;

  static {
    staysInThread(this);
  }

  /** Internal: see `current()`. */
  constructor(calls: NestedCalls) {
    this.#calls = calls;
    const { idle, workers } = calls.desk;
    this.#offers = new Offers(idle, workers, (task) => this.#send(task, optionsOf(task)));
  }

  /** The number of workers of the executor. */
  get workers(): number {
    return this.#calls.desk.workers;
  }

  /**
   * Submits a task, and resolves to its future once the task is admitted; does not wait for the result. Arguments are cloned at once.
   *
   * Rejects with `InvalidTaskError`, `InvalidOptionError`, the platform's `DataCloneError` (an argument can't be cloned), or the
   * reason why the task was never admitted, as `executor.submit()` does.
   */
  submit<R>(task: Task<R>, options?: TaskOptions): Promise<NestedFuture<R>> {
    return this.#calls.awaited(
      new Promise((resolve, reject) => {
        const future: NestedFuture<R> = this.#submit(task, options, {
          admitted: () => resolve(future),
          // A task that settles before its admission was refused.
          settled: (outcome) => {
            if (outcome.status !== 'fulfilled') reject(outcome.reason);
          },
        });
      }),
    );
  }

  /** Submits a task, and resolves to its result. Rejects as `submit()` does, and with the error that the task throws. */
  run<R>(task: Task<R>, options?: TaskOptions): Promise<R> {
    return this.#calls.awaited(
      new Promise((resolve, reject) => {
        this.#submit(task, options, {
          settled: (outcome) => {
            if (outcome.status === 'fulfilled') resolve(outcome.value);
            else reject(outcome.reason);
          },
        });
      }),
    );
  }

  /**
   * Runs the tasks of a source and yields their futures in the order in which they end, failed ones included. Pulls the source
   * lazily. Leaving the loop cancels its unfinished tasks.
   *
   * @param options `window`: most tasks in flight or finished and not yet read, an integer of at least 1; default four for each
   *   worker, because small tasks travel together. `signal`: ends the loop with the signal's reason, and cancels its tasks.
   * @throws {InvalidOptionError} at once, also if the first argument is no source. An item that is no task, an error of the source or
   *   a task that was refused ends the iteration with that error, after the futures that were in flight.
   */
  asCompleted<T extends Task<unknown>>(
    tasks: Source<T>,
    options: { readonly window?: number; readonly signal?: AbortSignal } = {},
  ): AsyncIterableIterator<NestedFuture<TaskResult<T>>, undefined> {
    const { window = this.workers * 4, signal } = checkOptions('asCompleted option', options, loopChecks);
    checkSource(tasks);
    return bufferUnordered(this.#thunks(tasks), window, signal && { signal }) as never;
  }

  /**
   * Runs a generator on any free worker, and yields its items as they arrive; see `executor.iterate()`. The generator gives up its
   * place while it waits for this task to read. Leaving the loop cancels the generator, and so does the end of this task.
   *
   * @throws {InvalidTaskError} if `task` is no task, {InvalidOptionError} for a bad option, the platform's `DataCloneError` for an
   *   argument that can't be cloned.
   */
  iterate<T, R>(task: GeneratorTask<T, R>, given: IterateOptions = {}): NestedIteration<T, R> {
    const own = asGeneratorTask(task);
    const { window, windowBytes, options } = resolveIterateOptions(given);
    let number = -1;
    const items = new ItemQueue(() => this.#calls.took(number));
    const future = this.#submit(own, options, {
      flow: { window, windowBytes, credits: items.credits.shared },
      sent: (call) => (number = call),
      items: (values) => items.arrived(values),
      settled: (outcome) =>
        items.end(
          outcome.status === 'fulfilled'
            ? { failed: false, value: outcome.value }
            : { failed: true, value: outcome.reason },
        ),
    });
    return new NestedIteration(future, items, this.#calls, number);
  }

  /**
   * Runs two tasks and resolves to both results. Runs `a` here, as a call within this task, and offers `b` to an idle worker; if
   * none takes it, `b` runs here too. So work that is divided recursively spreads over the workers, and small pieces are never sent.
   *
   * A function that runs here gets the arguments themselves; on another worker it gets copies. It must not change them, unless they
   * are shared memory. Tasks whose arguments can't be cloned run here. A task's options apply only if it is sent to another worker.
   *
   * Rejects with the error of `a`, and cancels `b` or never begins it; else rejects with the error of `b`.
   */
  async join<A, B>(a: Task<A>, b: Task<B>): Promise<[A, B]> {
    const [here, there] = [asTask(a), asTask(b)];
    const branch = this.#offers.add(there);
    let first: A | PromiseLike<A>;
    try {
      first = atHand(here);
      if (isThenable(first)) first = await first;
    } catch (error) {
      this.#offers.remove(branch);
      branch.sent?.cancel();
      throw error;
    }
    // Counts as waiting only now: while `a` runs, this task needs the thread, whatever `a` waits for.
    if (branch.sent !== null) return [first, (await branch.sent.result()) as B];
    this.#offers.remove(branch);
    const second = atHand(there);
    return [first, isThenable(second) ? await second : second];
  }

  async *#thunks(tasks: Source<Task<unknown>>) {
    for await (const task of tasks) {
      asTask(task);
      yield (signal: AbortSignal) => this.#calls.awaited(this.#ended(task, signal));
    }
  }

  /** Resolves to the future when the future has settled; rejects if the task was refused. */
  #ended<R>(task: Task<R>, signal: AbortSignal): Promise<NestedFuture<R>> {
    return new Promise((resolve, reject) => {
      let admitted = false;
      const future: NestedFuture<R> = this.#submit(task, undefined, {
        admitted: () => (admitted = true),
        settled: (outcome) => {
          offAbort(signal, abortable);
          if (admitted || outcome.status === 'fulfilled') resolve(future);
          else reject(outcome.reason);
        },
      });
      const abortable = { aborted: (reason: unknown) => future.cancel(reason) };
      onAbort(signal, abortable);
    });
  }

  #submit<R>(task: Task<R>, options?: TaskOptions, listener?: Listener<R>): NestedFuture<R> {
    const own = asTask(task);
    const all = optionsOf(own, options);
    try {
      return this.#send(own, all, listener);
    } catch (error) {
      endSources(Task.argsOf(own), all.transfer);
      throw error;
    }
  }

  /** @throws if the signal is aborted or the task can't be sent. Does not end the sources of the task. */
  #send<R>(own: Task<R>, all: TaskOptions, listener?: Listener<R>): NestedFuture<R> {
    const { signal } = all;
    throwIfAborted(signal);
    const withdraw = (reason: unknown) => this.#calls.withdraw(call, reason);
    const abortable = { aborted: withdraw };
    const future = new NestedFuture<R>(own, this.#calls, withdraw);
    const heard: CallListener = {
      admitted: () => listener?.admitted?.(),
      items: (values) => listener?.items?.(values),
      settled: (status, value) => {
        if (signal !== undefined) offAbort(signal, abortable);
        const outcome = status === 'fulfilled' ? { status, value: value as R } : { status, reason: value };
        NestedFuture.settle(future, outcome);
        listener?.settled(outcome);
      },
    };
    const call = this.#calls.submit(own, all, listener?.admitted !== undefined, heard, listener?.flow);
    listener?.sent?.(call);
    if (signal !== undefined) onAbort(signal, abortable);
    return future;
  }
}

/** Without a prototype: properties that a task has put on `Object.prototype` are no options. */
function optionsOf(task: Task<unknown>, options?: TaskOptions): TaskOptions {
  const given = options !== undefined && validateTaskOptions(options);
  return { __proto__: null, ...task.options, ...given } as TaskOptions;
}

const loopChecks = { window: integer(1), signal: abortSignal };
