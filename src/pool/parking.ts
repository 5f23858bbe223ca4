import type { MessagePort } from 'node:worker_threads';
import { claim } from './claims.ts';
import { Collected } from './collected.ts';
import { Execution } from './execution.ts';
import type { CallDesk, CallListener, NestedCalls } from './nested-calls.ts';
import type { RunningTask, TaskState } from './running-task.ts';
import type { Told } from './wire.ts';

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
  readonly open: Map<number, { readonly calls: NestedCalls; readonly listener: CallListener }> = new Map();
  readonly #parts: ParkingParts;
  /** They go before what has not begun. */
  readonly #ready: Execution[] = [];
  readonly #parked = new Map<NestedCalls, Execution>();
  #running: Execution | null = null;
  #lastCall = -1;
  /** Batches that are sent count up from 0; those of parked tasks count down. */
  #nextId = -2;
  #looking = false;

  constructor(parts: ParkingParts) {
    this.port = parts.port;
    this.#parts = parts;
  }

  get idle(): Int32Array {
    return this.#parts.idle;
  }

  get workers(): number {
    return this.#parts.workers;
  }

  get hasReady(): boolean {
    return this.#ready.length > 0;
  }

  nextCall(): number {
    return ++this.#lastCall;
  }

  /** Waits for a task that has returned a promise: until it has ended, or waits for others and has left its batch. */
  async run(value: PromiseLike<unknown>): Promise<Execution> {
    const execution = new Execution(value, () => this.#ended(execution));
    await this.#whileItHasTheThread(execution);
    return execution;
  }

  /** Gives the thread to those that are ready, one after the other. */
  async goOn(): Promise<void> {
    for (let execution = this.#ready.shift(); execution !== undefined; execution = this.#ready.shift()) {
      const { state } = execution;
      if (state === null || execution.outcome !== null) continue;
      this.#parked.delete(state.calls);
      const task = this.#parts.task();
      task.unpark(state);
      execution.resume();
      await this.#whileItHasTheThread(execution);
      if (execution.outcome === null) continue;
      task.end();
      this.#answer(state, execution.outcome);
    }
  }

  async #whileItHasTheThread(execution: Execution): Promise<void> {
    this.#running = execution;
    await execution.left();
    this.#running = null;
  }

  /** A call has been admitted, or has settled. */
  told(told: Told): void {
    const call = this.open.get(told.told);
    if (call === undefined) return;
    const { calls, listener } = call;
    const execution = this.#parked.get(calls);
    if (execution === undefined) return calls.told(told, listener);
    if (execution.whenResumed.push(() => calls.told(told, listener)) > 1) return;
    this.#ready.push(execution);
    this.#parts.wake();
  }

  /** The state of the parked task in this batch. */
  find(batch: number): TaskState | undefined {
    for (const { state } of this.#parked.values()) if (state?.batch === batch) return state;
    return undefined;
  }

  /** What can go on does so in microtasks. A tick that is asked for by one of them comes when none is left. */
  mayWait(): void {
    if (this.#looking) return;
    this.#looking = true;
    queueMicrotask(() => process.nextTick(() => this.#look()));
  }

  #look(): void {
    this.#looking = false;
    const execution = this.#running;
    const task = this.#parts.task();
    const calls = task.ownCalls;
    if (execution === null || execution.outcome !== null || calls?.awaits !== true) return;
    this.#parked.set(calls, execution);
    execution.park(task.park(calls, this.#nextId--));
  }

  /** While others had the thread: it waited for something else as well. */
  #ended({ state, outcome }: Execution): void {
    if (state === null || outcome === null) return;
    this.#parked.delete(state.calls);
    state.calls.end();
    state.cancellation?.end();
    this.#answer(state, outcome);
  }

  #answer({ batch, claims }: TaskState, { failed, value }: NonNullable<Execution['outcome']>): void {
    claims.endedAt[0] = performance.now() + this.#parts.clockOffset;
    const collected = new Collected(this.port, batch);
    if (failed) collected.fail(value);
    else collected.add(value, Infinity, true);
    Atomics.store(claims.words, 0, claim.finished);
    collected.send(true);
  }
}
