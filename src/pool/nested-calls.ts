import type { MessagePort, Transferable } from 'node:worker_threads';
import { Task } from '../tasks/task.ts';
import type { TaskOptions } from '../tasks/task-options.ts';
import { findBuffers, reviveBuffers } from './buffers.ts';
import { decodeReason, encodeReason } from './error-codec.ts';
import { dataCloneError } from './uncloneable.ts';
import type { Call, Told, Withdraw } from './wire.ts';

/** How a task's call is told of. */
export interface CallListener {
  admitted(): void;
  settled(status: 'fulfilled' | 'rejected' | 'cancelled', value: unknown): void;
}

/** What the calls of a task ask of the thread that runs it. */
export interface CallDesk {
  readonly port: MessagePort;
  /** The calls of all tasks that the thread has begun; numbers are never used twice. */
  readonly open: Map<number, { readonly calls: NestedCalls; readonly listener: CallListener }>;
  nextCall(): number;
  /** How many workers of the executor have nothing to do. */
  readonly idle: Int32Array;
  /** The executor's. */
  readonly workers: number;
  /** The running task may have come to where it waits: look when nothing is left that could go on. */
  mayWait(): void;
}

/** The tasks that one running task has submitted. */
export class NestedCalls {
  readonly #desk: CallDesk;
  /** Where the main thread finds the task. */
  batch: number;
  position: number;
  /** Promises of the task's calls that it holds and that have not settled. While there are any, it can do without the thread. */
  #awaited = 0;
  /** How many `Told` have come. */
  seen = 0;
  /** What the task itself sees of them. */
  face: unknown = undefined;
  #ended = false;

  constructor(desk: CallDesk, batch: number, position: number) {
    this.#desk = desk;
    this.batch = batch;
    this.position = position;
  }

  get idle(): Int32Array {
    return this.#desk.idle;
  }

  get workers(): number {
    return this.#desk.workers;
  }

  get awaits(): boolean {
    return this.#awaited > 0;
  }

  /** Counts a promise as one that the task waits for, until it has settled. */
  awaited<T>(promise: Promise<T>): Promise<T> {
    this.#awaited++;
    const over = () => void this.#awaited--;
    promise.then(over, over);
    this.#desk.mayWait();
    return promise;
  }

  /**
   * Sends a task to the main thread, to be run by whichever worker is free.
   *
   * @returns its number.
   * @throws the platform's `DataCloneError` for an argument that can't be cloned.
   */
  submit(task: Task<unknown>, options: TaskOptions, tellAdmitted: boolean, listener: CallListener): number {
    if (this.#ended) throw new Error('this task has ended: it can submit nothing any more');
    const { port, open } = this.#desk;
    const args = [...Task.argsOf(task)];
    const { signal: _, ...sent } = options;
    const number = this.#desk.nextCall();
    try {
      const { module, name } = task;
      const call: Call = {
        call: number,
        batch: this.batch,
        position: this.position,
        module,
        name,
        args,
        buffers: findBuffers(args),
        options: sent,
        tellAdmitted,
      };
      port.postMessage(call, (options.transfer ?? []) as Transferable[]);
    } catch (error) {
      throw dataCloneError(error, args, 'args');
    }
    open.set(number, { calls: this, listener });
    return number;
  }

  withdraw(call: number, reason: unknown): void {
    if (!this.#desk.open.has(call)) return;
    this.#desk.port.postMessage({ withdraw: call, reason: encodeReason(reason) } satisfies Withdraw);
  }

  told({ told, status, value, buffers, reason }: Told, listener: CallListener): void {
    this.seen++;
    if (status !== undefined) this.#desk.open.delete(told);
    // Whoever waited has ended. Nobody hears of it any more.
    if (this.#ended) return;
    if (status === undefined) listener.admitted();
    else if (status === 'fulfilled') {
      const values = [value];
      reviveBuffers(values, buffers);
      listener.settled(status, values[0]);
    } else listener.settled(status, reason === undefined ? undefined : decodeReason(reason));
    this.#desk.mayWait();
  }

  /** The task has ended: what it has not waited for is cancelled by the main thread. */
  end(): void {
    this.#ended = true;
  }
}
