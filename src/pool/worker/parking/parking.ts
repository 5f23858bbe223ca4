import process from 'node:process';
import type { MessagePort } from 'node:worker_threads';
import { Ring } from '../../../base/ring.ts';
import { claim } from '../../wire/claims.ts';
import { now } from '../../wire/clock.ts';
import { Collected } from '../collected.ts';
import { Execution } from './execution.ts';
import type { Completion } from './execution.ts';
import { isolated } from '../isolation/isolated.ts';
import type { CallDesk, NestedCalls } from './nested-calls.ts';
import type { CallListener } from './task-listeners.ts';
import type { RunningTask } from '../running-task.ts';
import type { Stop } from '../../wire/messages.ts';
import type { Draw, Fed } from '../../wire/source-messages.ts';
import type { ReadOn, Told } from '../../wire/nested-messages.ts';

// A task may replace them, also for a while.
const { queueMicrotask } = globalThis;
const nextTick = process.nextTick.bind(process);

/** The parts of a thread that parking uses. */
export interface ParkingParts {
  readonly port: MessagePort;
  readonly idle: Int32Array;
  readonly workers: number;
  readonly task: () => RunningTask;
  /** Milliseconds to add to this thread's clock for the main thread's. */
  readonly clockOffset: number;
  /** Called when a task is ready to resume: the thread may be idle. */
  readonly wake: () => void;
}

/**
 * The tasks of a thread that wait for child tasks. While they wait the thread runs other tasks, their children among them: so
 * nesting to any depth completes, even on one thread. (Rayon runs other tasks on top of the waiting task's stack. Here a
 * waiting task is a promise, and no stack grows.)
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
  readonly iterations: Map<number, NestedCalls> = isolated(
    new Map<number, NestedCalls>(),
    'get',
    'set',
    'delete',
    'forEach',
  );
  readonly reading: Map<number, NestedCalls> = isolated(
    new Map<number, NestedCalls>(),
    'get',
    'set',
    'delete',
  );
  readonly #parts: ParkingParts;
  /** Tasks that have parked at least once, by the id of the batch that each is alone in. */
  readonly #apart = isolated(new Map<number, NestedCalls>(), 'get', 'set', 'delete');
  /** Tasks that may resume. The thread runs them before any task that has not begun. */
  readonly #ready = new Ring<NestedCalls>();
  #running: Execution | null = null;
  #lastCall = -1;
  /** Ids of batches that the main thread sends count up from 0; ids of parked tasks' batches count down. */
  #lastBatch = -1;
  #looking = false;

  constructor(parts: ParkingParts) {
    this.port = parts.port;
    this.idle = parts.idle;
    this.workers = parts.workers;
    this.#parts = parts;
  }

  get hasReady(): boolean {
    return this.#ready.size > 0;
  }

  mainNow(): number {
    return now() + this.#parts.clockOffset;
  }

  nextCall(): number {
    return ++this.#lastCall;
  }

  nextBatch(): number {
    return --this.#lastBatch;
  }

  /** A task has returned a promise. Call this in the context of the task. */
  begin(value: PromiseLike<unknown>): Execution {
    return new Execution(value);
  }

  /** Resumes the ready tasks, one after the other. */
  async goOn(): Promise<void> {
    const task = this.#parts.task();
    for (let calls = this.#ready.shift(); calls !== undefined; calls = this.#ready.shift()) {
      const execution = calls.parked;
      // The task ended while it was parked.
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

  /** Resolves to the task's completion, or to null once it is parked. */
  async untilItLeaves(execution: Execution): Promise<Completion | null> {
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
    this.tell(calls, () => calls.told(told, listener));
  }

  /** The reader of a generator has read what the generator waits for. */
  readOn({ readOn }: ReadOn): void {
    const calls = this.iterations.get(readOn);
    if (calls !== undefined) this.tell(calls, () => calls.readOn());
  }

  /** A task reads a source that a task of this thread has passed to it. */
  draw(draw: Draw): void {
    this.open.get(draw.draw)?.calls.draw(draw);
  }

  /** A source has yielded, or ended. */
  fed(fed: Fed): void {
    const calls = this.reading.get(fed.fed);
    if (calls !== undefined) this.tell(calls, () => calls.fed(fed));
  }

  tell(calls: NestedCalls, news: () => void): void {
    if (calls.parked === null) return news();
    if (calls.parked.news.push(news) > 1) return;
    this.#ready.push(calls);
    this.#parts.wake();
  }

  /** The thread is ending: sends what generators have yielded. */
  abandon(): void {
    this.iterations.forEach(({ iteration }) => iteration?.abandon());
  }

  /** The main thread asks a task to stop. */
  stop({ stop, position, reason }: Stop): void {
    const apart = this.#apart.get(stop);
    if (apart === undefined) this.#parts.task().stop(stop, position, reason);
    else apart.abort(reason);
  }

  /** Promises continue in microtasks. A `nextTick` that a microtask schedules runs when no microtask is left. */
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

  #answer({ at: { batch, claims } }: NestedCalls, { failed, value }: Completion): void {
    this.#apart.delete(batch);
    claims.endedAt[0] = this.mainNow();
    const collected = new Collected(this.port, batch);
    if (failed) collected.fail(value);
    else collected.add(value, Infinity, true);
    Atomics.store(claims.words, 0, claim.finished);
    collected.send(true);
  }
}
