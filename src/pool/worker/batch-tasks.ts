import { clearImmediate, setImmediate } from 'node:timers';
import { isThenable } from '../../tasks/thenable.ts';
import type { CallFlow } from '../../tasks/call-flow.ts';
import { claim } from '../wire/claims.ts';
import { now } from '../wire/clock.ts';
import { callTask } from './call-task.ts';
import { checkIteration } from './isolation/check-iteration.ts';
import type { Collected } from './collected.ts';
import type { Execution } from './parking/execution.ts';
import { iterate } from './iterating/iteration.ts';
import { withReaders } from './iterating/source-reader.ts';
import type { TaskFunction } from './loading/load-task.ts';
import type { NestedCalls } from './parking/nested-calls.ts';
import type { RunnerParts } from './runner-parts.ts';
import { freshContext } from './task-context.ts';
import type { TaskFunctions } from './task-functions.ts';
import { runTraced } from '../wire/trace-context.ts';
import type { Carrier } from '../wire/trace-context.ts';
import { decode } from '../wire/value-codec.ts';
import type { BatchMessage, Begun } from '../wire/messages.ts';

// A task may replace them.
const { compareExchange, load, store } = Atomics;
const soon = setImmediate;
const notSoon = clearImmediate;

/**
 * Runs the tasks of one batch one after the other, asynchronous ones too: a thread runs one task at a time.
 *
 *   for each task: (send on what must not wait) → claim → run → collect
 */
export class BatchTasks {
  readonly #parts: RunnerParts;
  readonly #functions: TaskFunctions;
  /** The results of the current batch. */
  #collected: Collected | null = null;
  /** Start of the task that runs or has just ended. */
  #startMs = 0;
  #endMs = 0;
  /** Start of the oldest task whose result has not been sent. */
  #oldestMs = 0;
  /** Results are sent before another task begins once the oldest is this old. */
  #holdMs = 0;
  /** Is the current task the batch's last? */
  #isLast = false;

  constructor(parts: RunnerParts, functions: TaskFunctions) {
    this.#parts = parts;
    this.#functions = functions;
  }

  /** Resolves when the batch is answered, or the thread is ending. */
  async run(batch: BatchMessage, collected: Collected): Promise<void> {
    const { port, task, parking, replacement, clockOffset } = this.#parts;
    const { words, startedAt } = this.#parts.claims;
    const functions = this.#functions;
    const { id, base, runs, args, holdMs, extras, flow, sources } = batch;
    this.#collected = collected;
    this.#holdMs = holdMs;
    if (batch.targets !== undefined) functions.know(batch.targets);
    decode({ values: args, extras });
    task.enter(id, base);
    const carriers = batch.carriers && new Map(batch.carriers);
    let word = base;
    let argument = 0;
    this.#oldestMs = this.#endMs = now();
    for (let run = 0; run < runs.length; run += 3) {
      const target = runs[run] as number;
      const arity = runs[run + 2] as number;
      for (let left = runs[run + 1] as number; left > 0; left--, word++, argument += arity) {
        if (collected.isAbandoned) return;
        if (parking.hasReady) {
          collected.send(false);
          await parking.goOn();
          task.enter(id, base);
          this.#endMs = now();
        }
        if (collected.size > 0 && (collected.live || this.#isHeldLong)) collected.send(false);
        if (collected.size === 0) this.#oldestMs = this.#endMs;
        // Before the claim: the main thread reads the start time once it sees `running`.
        this.#startMs = this.#endMs;
        startedAt[word] = this.#startMs + clockOffset;
        if (compareExchange(words, word, claim.sent, claim.running) !== claim.sent) {
          collected.skip();
          continue;
        }
        if (batch.announce && word === base) port.postMessage({ kind: 'begun', begun: id } satisfies Begun);
        task.begin(word);
        this.#isLast = left === 1 && run + 3 === runs.length;
        let fn = functions.at(target);
        if (fn === undefined) {
          fn = await functions.load(target);
          if (load(words, word) === claim.stopping) fn = stopped;
          this.#startMs = now();
          startedAt[word] = this.#startMs + clockOffset;
        }
        if (sources !== undefined) fn = this.#reading(sources, fn);
        if (flow !== undefined) fn = this.#iterating(flow, fn);
        const carrier = carriers?.get(word - base);
        const context = freshContext();
        const execution =
          carrier === undefined
            ? context.runInAsyncScope(this.#perform, undefined, fn, args, argument, arity)
            : context.runInAsyncScope(
                this.#perform,
                undefined,
                this.#traced(carrier, target, fn),
                args,
                argument,
                arity,
              );
        if (execution !== null) {
          const running = parking.untilItLeaves(execution);
          const outcome = await (collected.size === 0 ? running : sendingOn(running, collected));
          if (outcome === null) {
            collected.skip();
            this.#endMs = now();
            continue;
          }
          context.runInAsyncScope(this.#finish, undefined, outcome.failed, outcome.value);
        }
        if (replacement.isDue()) {
          collected.send(false, true);
          await replacement.untilRecalled();
          this.#endMs = now();
        }
      }
    }
  }

  /** Calls a task's function, in the context of the task. Returns null if the task has ended. */
  readonly #perform = (fn: TaskFunction, args: unknown[], from: number, arity: number): Execution | null => {
    let value: unknown;
    let failed = false;
    try {
      value = callTask(fn, args, from, arity);
      if (isThenable(value)) return this.#parts.parking.begin(value);
    } catch (error) {
      failed = true;
      value = error;
    }
    this.#finish(failed, value);
    return null;
  };

  /** Runs in the context of the task as well: its result may have getters. */
  readonly #finish = (failed: boolean, value: unknown): void => {
    checkIteration();
    const { task, claims, clockOffset } = this.#parts;
    const { word } = task;
    task.finish();
    this.#endMs = now();
    claims.endedAt[word] = this.#endMs + clockOffset;
    const collected = this.#collected as Collected;
    if (failed) collected.fail(value);
    else collected.add(value, this.#endMs - this.#startMs, this.#isLast || this.#isHeldLong);
    store(claims.words, word, claim.finished);
  };

  get #isHeldLong(): boolean {
    return this.#endMs - this.#oldestMs >= this.#holdMs;
  }

  /** Wraps a generator function as one whose promise resolves when the generator has ended. */
  #iterating(flow: CallFlow, fn: TaskFunction): TaskFunction {
    return (...args) => iterate(this.#parts.task.calls() as NestedCalls, flow, () => fn(...args));
  }

  /** Wraps a function so that it gets readers in the place of its sources. */
  #reading(sources: readonly number[], fn: TaskFunction): TaskFunction {
    return (...args) => fn(...withReaders(this.#parts.task.calls() as NestedCalls, args, sources));
  }

  #traced(carrier: Carrier, index: number, fn: TaskFunction): TaskFunction {
    const name = this.#functions.nameOf(index);
    return (...args) => runTraced(carrier, name, () => fn(...args));
  }
}

/** In the place of a task that was told to stop while its module was loaded. Nobody waits for what it throws. */
const stopped: TaskFunction = () => {
  throw new DOMException('The task was told to stop', 'AbortError');
};

/** Waits for a task, and sends earlier results unless the task ends before the event loop's next turn. */
async function sendingOn<T>(running: Promise<T>, collected: Collected): Promise<T> {
  const sending = soon(() => collected.send(false));
  try {
    return await running;
  } finally {
    notSoon(sending);
  }
}
