import type { MessagePort, Transferable } from 'node:worker_threads';
import { ExecutorClosedError } from '../../base/errors.ts';
import { asTask, Task } from '../../tasks/task.ts';
import type { TaskOptions } from '../../tasks/task-options.ts';
import { claim, Claims, hasThread } from '../wire/claims.ts';
import { decodeReason, encodeReason } from '../wire/error-codec.ts';
import type { EncodedReason } from '../wire/error-codec.ts';
import type { Execution } from './execution.ts';
import { TaskCancellation } from './task-cancellation.ts';
import { dataCloneError } from '../wire/uncloneable.ts';
import { decode, encode } from '../wire/value-codec.ts';
import type { Submit, Told, Waits, Withdraw } from '../wire/messages.ts';

/** How a task's call is told of. */
export interface CallListener {
  admitted(): void;
  settled(status: 'fulfilled' | 'rejected' | 'cancelled', value: unknown): void;
}

/** What the calls of a task ask of the thread that runs it. */
export interface CallDesk {
  readonly port: MessagePort;
  /** The calls of all tasks that the thread has begun and whose end it has not been told. */
  readonly open: Map<number, { readonly calls: NestedCalls; readonly listener: CallListener }>;
  /** A number that is never used twice. */
  nextCall(): number;
  /** The id of a batch of its own for a task that waits. */
  nextBatch(): number;
  /** How many workers of the executor have nothing to do. */
  readonly idle: Int32Array;
  /** The executor's. */
  readonly workers: number;
  /** The running task may have come to where it waits: look when nothing is left that could go on. */
  mayWait(): void;
}

/** Where a task stands: in its batch, and with its claim word. */
export interface Standing {
  batch: number;
  position: number;
  claims: Claims;
  word: number;
}

/** A task that submits tasks: what it has asked for, wherever it stands. It may have left the thread to others. */
export class NestedCalls {
  readonly desk: CallDesk;
  readonly at: Standing;
  /** While others have the thread. */
  parked: Execution | null = null;
  /** What the task itself sees of this. */
  face: unknown = undefined;
  ended = false;
  #cancellation: TaskCancellation | null;
  /** Promises of the task's calls that it holds and that have not settled. While there are any, it can do without the thread. */
  #awaited = 0;
  /** How many `Told` have come. */
  #seen = 0;

  constructor(desk: CallDesk, at: Standing, cancellation: TaskCancellation | null) {
    this.desk = desk;
    this.at = at;
    this.#cancellation = cancellation;
  }

  get awaits(): boolean {
    return this.#awaited > 0;
  }

  get cancellation(): TaskCancellation {
    return (this.#cancellation ??= new TaskCancellation(this.at.claims.words, this.at.word));
  }

  /** The main thread asks the task to stop. */
  abort(reason: EncodedReason): void {
    this.#cancellation?.abort(decodeReason(reason));
  }

  /** Counts a promise as one that the task waits for, until it has settled. */
  awaited<T>(promise: Promise<T>): Promise<T> {
    this.#awaited++;
    const over = () => void this.#awaited--;
    promise.then(over, over);
    this.desk.mayWait();
    return promise;
  }

  /**
   * Sends a task to the main thread, to be run by whichever worker is free.
   *
   * @returns its number.
   * @throws the platform's `DataCloneError` for an argument that can't be cloned.
   */
  submit(task: Task<unknown>, options: TaskOptions, tellAdmitted: boolean, listener: CallListener): number {
    if (this.ended) throw new ExecutorClosedError('this task has ended: it can submit nothing any more');
    const { port, open } = this.desk;
    const { batch, position } = this.at;
    const { module, name } = task;
    // `current()` may be another copy's than the thread's.
    const args = [...Task.argsOf(asTask(task))];
    const { signal: _, ...sent } = options;
    const call = this.desk.nextCall();
    try {
      const message: Submit = {
        kind: 'call',
        call,
        batch,
        position,
        module,
        name,
        args: encode(args),
        options: sent,
        tellAdmitted,
      };
      port.postMessage(message, (options.transfer ?? []) as Transferable[]);
    } catch (error) {
      throw dataCloneError(error, args, 'args');
    }
    open.set(call, { calls: this, listener });
    return call;
  }

  withdraw(call: number, reason: unknown): void {
    if (!this.desk.open.has(call)) return;
    const message: Withdraw = { kind: 'withdraw', withdraw: call, reason: encodeReason(reason) };
    this.desk.port.postMessage(message);
  }

  told({ told, status, result, reason }: Told, listener: CallListener): void {
    this.#seen++;
    if (status !== undefined) this.desk.open.delete(told);
    // Whoever waited has ended. Nobody hears of it any more.
    if (this.ended) return;
    if (status === undefined) listener.admitted();
    else {
      const encoded = result ?? reason;
      listener.settled(status, encoded && decode(encoded)[0]);
    }
    this.desk.mayWait();
  }

  /** The task leaves the thread to others. The first time it also leaves its batch, for one of its own. */
  wait(): void {
    const from = this.at.batch < 0 ? undefined : this.#moveOut();
    Atomics.store(this.at.claims.words, hasThread, 0);
    const message: Waits = { kind: 'waits', waits: this.at.batch, seen: this.#seen };
    this.desk.port.postMessage(from === undefined ? message : { ...message, from });
  }

  /** It has it again. */
  goOn(): void {
    Atomics.store(this.at.claims.words, hasThread, 1);
  }

  /** A request to stop that is made at this very moment counts for the new word as well. */
  #moveOut(): Waits['from'] {
    const { batch, position, claims, word } = this.at;
    const own = new Claims(undefined, 2);
    own.startedAt[0] = claims.startedAt[word] as number;
    const was = Atomics.exchange(claims.words, word, claim.moved);
    own.words[0] = was === claim.stopping ? claim.stopping : claim.running;
    this.#cancellation?.moveTo(own.words, 0);
    Object.assign(this.at, { batch: this.desk.nextBatch(), position: 0, claims: own, word: 0 });
    return { batch, position, claims: own.shared };
  }

  /** The task has ended: what it has not waited for is cancelled by the main thread. */
  end(): void {
    this.ended = true;
    this.#cancellation?.end();
  }
}
