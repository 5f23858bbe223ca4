import type { MessagePort, Transferable } from 'node:worker_threads';
import { ExecutorClosedError } from '../../../base/errors.ts';
import { asTask, Task } from '../../../tasks/task.ts';
import type { CallFlow } from '../../../tasks/call-flow.ts';
import type { TaskOptions } from '../../../tasks/task-options.ts';
import { decodeReason, encodeReason } from '../../wire/error-codec.ts';
import type { EncodedReason } from '../../wire/error-codec.ts';
import { Awaited } from './awaited.ts';
import type { Execution } from './execution.ts';
import { TaskCancellation } from '../task-cancellation.ts';
import { refuseDetached } from '../../wire/refuse-detached.ts';
import { dataCloneError } from '../../wire/uncloneable.ts';
import { decode, encode } from '../../wire/value-codec.ts';
import { Supplies, Supply } from './supplies.ts';
import type { CallListener, OpenIteration, OpenReader } from './task-listeners.ts';
import type { TaskPosition } from './task-position.ts';
import { sourcePositions } from '../../../tasks/sources.ts';
import type { Draw, Fed } from '../../wire/source-messages.ts';
import type { Submit, Told, Took, Waits, Withdraw } from '../../wire/nested-messages.ts';

/** The thread's services for the calls of its tasks. */
export interface CallDesk {
  readonly port: MessagePort;
  /** Calls that have not settled, of all tasks that the thread has begun, by call number. */
  readonly open: Map<number, { readonly calls: NestedCalls; readonly listener: CallListener }>;
  /** Running generators, by the id of the batch that brought each. */
  readonly iterations: Map<number, NestedCalls>;
  /** Tasks that read sources, by the id of the batch that brought each. */
  readonly reading: Map<number, NestedCalls>;
  /** Now, in milliseconds on the main thread's clock. */
  mainNow(): number;
  /** The number of a new call, unique in this thread. */
  nextCall(): number;
  /** The id of a new batch, negative, for a task that parks for the first time. */
  nextBatch(): number;
  /** One word: the number of idle workers of the executor. */
  readonly idle: Int32Array;
  /** The number of workers of the executor. */
  readonly workers: number;
  /** Runs `news` in the task; if the task is parked, after the thread has resumed it. */
  tell(calls: NestedCalls, news: () => void): void;
  /** The running task may be about to wait: the thread looks at it once its microtasks have run. */
  mayWait(): void;
}

/** The calls of one task that submits tasks, whether the task runs or is parked. */
export class NestedCalls {
  readonly desk: CallDesk;
  readonly at: TaskPosition;
  /** The task's execution while it is parked. */
  parked: Execution | null = null;
  /** The `Current` through which the task uses these calls. */
  face: unknown = undefined;
  ended = false;
  iteration: OpenIteration | null = null;
  #readers: readonly OpenReader[] = [];
  /** Sources that the task has passed to child tasks. */
  readonly #supplies = new Supplies();
  /** True while the task is a generator that waits for its reader. */
  waitsForReader = false;
  readonly #origin: number;
  #cancellation: TaskCancellation | null;
  readonly #awaited = new Awaited();
  /** Number of `Told`, `ReadOn` and `Fed` messages received. */
  #seen = 0;

  constructor(desk: CallDesk, at: TaskPosition, cancellation: TaskCancellation | null) {
    this.desk = desk;
    this.at = at;
    this.#origin = at.batch;
    this.#cancellation = cancellation;
  }

  get awaits(): boolean {
    return this.#awaited.any;
  }

  get cancellation(): TaskCancellation {
    return (this.#cancellation ??= new TaskCancellation(this.at.claims.words, this.at.word));
  }

  /** The main thread asks the task to stop. */
  abort(reason: EncodedReason): void {
    this.cancellation.abort(decodeReason(reason));
    if (!this.waitsForReader) return;
    this.desk.tell(this, () => this.iteration?.goOn());
  }

  /** The task is a generator whose items are read one by one. */
  open(iteration: OpenIteration): void {
    this.iteration = iteration;
    this.desk.iterations.set(this.#origin, this);
  }

  /** Everything that the generator has yielded has been sent. */
  close(): void {
    this.iteration = null;
    this.desk.iterations.delete(this.#origin);
  }

  /** The reader has read what the generator waited for. */
  readOn(): void {
    this.#seen++;
    this.iteration?.goOn();
    this.desk.mayWait();
  }

  /** The task reads sources, one reader each. */
  read(readers: readonly OpenReader[]): void {
    this.#readers = readers;
    this.desk.reading.set(this.#origin, this);
  }

  /** A source has yielded or ended. */
  fed(message: Fed): void {
    this.#seen++;
    if (this.ended) return;
    this.#readers[message.source]?.fed(message);
    this.desk.mayWait();
  }

  /** Counts a promise as one that the task waits for, until it has settled. */
  awaited<T>(promise: Promise<T>): Promise<T> {
    this.desk.mayWait();
    return this.#awaited.count(promise);
  }

  /** As `awaited`, for an item of a source. */
  awaitedItems<T>(promise: Promise<T>): Promise<T> {
    this.desk.mayWait();
    return this.#awaited.countItem(promise);
  }

  /**
   * Sends a task to the main thread, to be run by whichever worker is free. Returns the number of the call.
   *
   * @throws {ExecutorClosedError} if this task has ended.
   * @throws the platform's `DataCloneError` for an argument that can't be cloned.
   */
  submit(
    task: Task<unknown>,
    options: TaskOptions,
    tellAdmitted: boolean,
    listener: CallListener,
    flow?: CallFlow,
  ): number {
    if (this.ended) throw new ExecutorClosedError('this task has ended and can submit no more tasks');
    const { port, open } = this.desk;
    const { batch, position } = this.at;
    const { module, name } = task;
    // `current()` may come from another copy of the package than the thread's.
    const args = [...Task.argsOf(asTask(task))];
    const { signal: _, ...sent } = options;
    const { transfer = [] } = options;
    const call = this.desk.nextCall();
    const sources = sourcePositions(args, options.transfer);
    const supplies = sources?.map((position, index) => {
      const supply = new Supply(port, call, index, args[position] as AsyncIterable<unknown>);
      args[position] = undefined;
      return supply;
    });
    try {
      refuseDetached(transfer);
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
        ...(flow !== undefined && { flow }),
        ...(sources !== null && { sources }),
      };
      port.postMessage(message, transfer as Transferable[]);
    } catch (error) {
      throw dataCloneError(error, args, 'args');
    }
    open.set(call, { calls: this, listener });
    if (supplies !== undefined) this.#supplies.add(call, supplies);
    return call;
  }

  /** A child task reads a source that this task has passed to it; this task may be parked. */
  draw(message: Draw): void {
    this.#supplies.draw(message);
  }

  /** The task has read what the generator waits for. */
  took(call: number): void {
    if (!this.desk.open.has(call)) return;
    this.desk.port.postMessage({ kind: 'took', took: call } satisfies Took);
  }

  /** @param isLeft the task has left the items of the call, and waits for their generator's end. */
  withdraw(call: number, reason: unknown, isLeft: boolean = false): void {
    if (!this.desk.open.has(call)) return;
    const message: Withdraw = { kind: 'withdraw', withdraw: call, reason: encodeReason(reason), isLeft };
    this.desk.port.postMessage(message);
  }

  told({ told, status, result, reason, items }: Told, listener: CallListener): void {
    this.#seen++;
    if (status !== undefined) {
      this.desk.open.delete(told);
      this.#supplies.end(told);
    }
    // The task has ended: no listener is left.
    if (this.ended) return;
    if (items !== undefined) listener.items?.(decode(items));
    else if (status === undefined) listener.admitted();
    else {
      const encoded = result ?? reason;
      listener.settled(status, encoded && decode(encoded)[0]);
    }
    this.desk.mayWait();
  }

  /** The task parks. The first time it also leaves its batch for one of its own. */
  wait(): void {
    const from = this.at.isApart ? undefined : this.at.moveOut(this.desk.nextBatch());
    if (from !== undefined) this.#cancellation?.moveTo(this.at.claims.words, this.at.word);
    const reader = this.waitsForReader;
    const waitsFor = reader ? 'reader' : this.#awaited.onlyItems ? 'items' : 'calls';
    this.at.leaveThread(reader, reader ? this.desk.mainNow() : 0);
    const message: Waits = { kind: 'waits', waits: this.at.batch, seen: this.#seen, waitsFor };
    this.desk.port.postMessage(from === undefined ? message : { ...message, from });
  }

  /** The task has the thread again. */
  goOn(): void {
    this.at.takeThread(this.desk.mainNow());
  }

  /** The task has ended: the main thread cancels the calls that have not settled. */
  end(): void {
    this.ended = true;
    this.#cancellation?.end();
    this.#supplies.endAll();
    if (this.#readers.length === 0) return;
    this.desk.reading.delete(this.#origin);
    for (const reader of this.#readers) reader.drop();
  }
}
