import type { AsyncResource } from 'node:async_hooks';
import { isThenable } from '../../tasks/thenable.ts';
import { claim } from '../wire/claims.ts';
import { now } from '../wire/clock.ts';
import { isPrimitive, loneHeader } from '../wire/lone-call.ts';
import type { LoneAnswer, LoneCall, Primitive } from '../wire/lone-call.ts';
import { callTask } from './call-task.ts';
import { checkIteration } from './isolation/check-iteration.ts';
import { Collected } from './collected.ts';
import type { Execution } from './parking/execution.ts';
import type { TaskFunction } from './loading/load-task.ts';
import type { RunnerParts } from './runner-parts.ts';
import { freshContext } from './task-context.ts';

// A task may replace them.
const { compareExchange, store } = Atomics;

/**
 * Runs tasks that travel alone, within the event that brings them: a synchronous one with a primitive result costs no queue, no
 * list of results and no promise. Each step is the one that `batch-tasks.ts` takes for a task of a batch.
 */
export class LoneRunner {
  readonly #parts: RunnerParts;
  #startMs = 0;
  /** Does the current answer ask for the thread to be replaced? */
  #full = false;

  constructor(parts: RunnerParts) {
    this.#parts = parts;
  }

  /** Null if the task has ended; else a promise that resolves when the thread is free. */
  run(message: LoneCall, fn: TaskFunction): Promise<void> | null {
    const { claims, task, clockOffset } = this.#parts;
    const id = message[0];
    const word = message[1];
    this.#startMs = now();
    claims.startedAt[word] = this.#startMs + clockOffset;
    if (compareExchange(claims.words, word, claim.sent, claim.running) !== claim.sent) {
      this.#answer(id, undefined);
      return null;
    }
    task.enter(id, word);
    task.begin(word);
    const context = freshContext();
    const execution = context.runInAsyncScope(this.#perform, undefined, fn, message);
    if (execution !== null) return this.#untilEnded(execution, context, message);
    return this.#full ? this.#untilRecalled() : null;
  }

  readonly #perform = (fn: TaskFunction, message: LoneCall): Execution | null => {
    let value: unknown;
    let failed = false;
    try {
      value = callTask(fn, message, loneHeader, message.length - loneHeader);
      if (isThenable(value)) return this.#parts.parking.begin(value);
    } catch (error) {
      failed = true;
      value = error;
    }
    this.#finish(message, failed, value);
    return null;
  };

  async #untilEnded(execution: Execution, context: AsyncResource, message: LoneCall): Promise<void> {
    const outcome = await this.#parts.parking.untilItLeaves(execution);
    // The task has parked, and will answer in a batch of its own.
    if (outcome === null) return this.#answer(message[0], undefined);
    context.runInAsyncScope(this.#finish, undefined, message, outcome.failed, outcome.value);
    if (this.#full) await this.#untilRecalled();
  }

  readonly #finish = (message: LoneCall, failed: boolean, value: unknown): void => {
    const { port, claims, task, replacement, clockOffset } = this.#parts;
    const id = message[0];
    const word = message[1];
    task.finish();
    const endMs = now();
    claims.endedAt[word] = endMs + clockOffset;
    const full = (this.#full = replacement.isDueNow());
    if (!failed && !full && isPrimitive(value)) {
      store(claims.words, word, claim.finished);
      this.#answer(id, value);
      return;
    }
    checkIteration();
    const collected = new Collected(port, id);
    if (failed) collected.fail(value);
    else collected.add(value, endMs - this.#startMs, true);
    store(claims.words, word, claim.finished);
    collected.send(true, full);
  };

  #untilRecalled(): Promise<void> {
    this.#full = false;
    return this.#parts.replacement.untilRecalled();
  }

  #answer(id: number, value: Primitive): void {
    this.#parts.port.postMessage([id, value] satisfies LoneAnswer);
  }
}
