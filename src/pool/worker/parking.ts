import process from 'node:process';
import type { MessagePort } from 'node:worker_threads';
import { claim } from '../wire/claims.ts';
import { now } from '../wire/clock.ts';
import { Collected } from './collected.ts';
import { Execution } from './execution.ts';
import type { Outcome } from './execution.ts';
import { isolated } from './isolated.ts';
import type { CallDesk, CallListener, NestedCalls } from './nested-calls.ts';
import type { RunningTask } from './running-task.ts';
import type { Stop, Told } from '../wire/messages.ts';

// A task may replace them, also for a while.
const { queueMicrotask } = globalThis;
const nextTick = process.nextTick.bind(process);

/** What parking needs of the thread that it belongs to. */
export interface ParkingParts {
  readonly port: MessagePort;
  readonly idle: Int32Array;
  readonly workers: number;
  readonly task: () => RunningTask;
  /** From this thread's clock to the main thread's. */
  readonly clockOffset: number;
  /** Something is ready, and the thread may have nothing to do. */
  readonly wake: () => void;
}

/**
 * The tasks that wait for tasks of their own. While they do, the thread runs others, those that they wait for among them: so
 * nesting to any depth comes to its end, also on one thread. (Rayon runs the others on top of the stack of the one that
 * waits. Here the one that waits is a promise, and nothing stacks up.)
 *
 * ```
 * runs ──mayWait──→ parked ──told──→ ready ──goOn──→ runs ──→ parked, or ended
 * ```
 */
export class Parking implements CallDesk {
  readonly port: MessagePort;
  readonly idle: Int32Array;
  readonly workers: number;
  readonly open: Map<number, { readonly calls: NestedCalls; readonly listener: CallListener }> = isolated(
    new Map(),
    'get',
    'set',
    'has',
    'delete',
  );
  readonly #parts: ParkingParts;
  /** Tasks that have waited, by the batch that each is alone in. */
  readonly #apart = isolated(new Map<number, NestedCalls>(), 'get', 'set', 'delete');
  /** They go before what has not begun. */
  readonly #ready: NestedCalls[] = [];
  #running: Execution | null = null;
  #lastCall = -1;
  /** Batches that are sent count up from 0; those of parked tasks count down. */
  #lastBatch = -1;
  #looking = false;

  constructor(parts: ParkingParts) {
    this.port = parts.port;
    this.idle = parts.idle;
    this.workers = parts.workers;
    this.#parts = parts;
  }

  get hasReady(): boolean {
    return this.#ready.length > 0;
  }

  nextCall(): number {
    return ++this.#lastCall;
  }

  nextBatch(): number {
    return --this.#lastBatch;
  }

  /** A task has returned a promise. To be called in its context. */
  begin(value: PromiseLike<unknown>): Execution {
    return new Execution(value);
  }

  /** Gives the thread to those that are ready, one after the other. */
  async goOn(): Promise<void> {
    const task = this.#parts.task();
    for (let calls = this.#ready.shift(); calls !== undefined; calls = this.#ready.shift()) {
      const execution = calls.parked;
      // It has ended meanwhile: it waited for something else as well.
      if (execution === null) continue;
      task.unpark(calls);
      calls.goOn();
      execution.resume();
      const outcome = await this.untilItLeaves(execution);
      if (outcome === null) continue;
      task.end();
      this.#answer(calls, outcome);
    }
  }

  /** Resolves to how the task ended; to null if it waits for tasks of its own, and has left the thread. */
  async untilItLeaves(execution: Execution): Promise<Outcome | null> {
    this.#running = execution;
    const outcome = await execution.left();
    this.#running = null;
    return outcome;
  }

  /** A call has been admitted, or has settled. */
  told(told: Told): void {
    const call = this.open.get(told.told);
    if (call === undefined) return;
    const { calls, listener } = call;
    if (calls.parked === null) return calls.told(told, listener);
    if (calls.parked.news.push(() => calls.told(told, listener)) > 1) return;
    this.#ready.push(calls);
    this.#parts.wake();
  }

  /** The main thread asks a task to stop. */
  stop({ stop, position, reason }: Stop): void {
    const apart = this.#apart.get(stop);
    if (apart === undefined) this.#parts.task().stop(stop, position, reason);
    else apart.abort(reason);
  }

  /** What can go on does so in microtasks. A tick that is asked for by one of them comes when none is left. */
  mayWait(): void {
    if (this.#looking) return;
    this.#looking = true;
    queueMicrotask(() => nextTick(() => this.#look()));
  }

  #look(): void {
    this.#looking = false;
    const execution = this.#running;
    const task = this.#parts.task();
    const { submitted: calls } = task;
    if (execution?.state !== 'runs' || calls?.awaits !== true) return;
    task.flush();
    calls.wait();
    this.#apart.set(calls.at.batch, calls);
    task.park();
    execution.park(calls, (outcome) => {
      task.flush();
      this.#answer(calls, outcome);
    });
  }

  #answer({ at: { batch, claims } }: NestedCalls, { failed, value }: Outcome): void {
    this.#apart.delete(batch);
    claims.endedAt[0] = now() + this.#parts.clockOffset;
    const collected = new Collected(this.port, batch);
    if (failed) collected.fail(value);
    else collected.add(value, Infinity, true);
    Atomics.store(claims.words, 0, claim.finished);
    collected.send(true);
  }
}
