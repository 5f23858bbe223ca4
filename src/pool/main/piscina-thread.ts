import { MessageChannel, receiveMessageOnPort } from 'node:worker_threads';
import type { MessagePort, Transferable, Worker as NodeWorker } from 'node:worker_threads';
import type { Piscina } from 'piscina';
import type { Call, LoopTimes, SendOptions, Worker, WorkerEvents } from '../../scheduler/dispatch/backend.ts';
import { encodeBatch } from './batches/batch-codec.ts';
import { clockOrigin } from '../wire/clock.ts';
import { startInside } from '../executor-place.ts';
import { Inbox } from './batches/inbox.ts';
import { Outbox } from './batches/outbox.ts';
import { guardThread } from './start/guard-thread.ts';
import { firstRun, poolOfOne } from './start/pool-of-one.ts';
import { countThread, pollLimits } from './start/poll-limits.ts';
import { Printer } from './printer.ts';
import { SentBatches } from './batches/sent-batches.ts';
import { warnOfTeardown } from './teardown-warning.ts';
import type { ThreadBatch } from './batches/thread-batch.ts';
import type { ThreadSettings } from './start/thread-options.ts';
import { changedByCloning } from './start/worker-data.ts';
import { dataCloneError } from '../wire/uncloneable.ts';
import { LoopClock } from './loop-clock.ts';
import { encodeLoneCall } from './batches/encode-lone-call.ts';
import type { Boot } from '../wire/messages.ts';

/**
 * One worker thread: a Piscina of one thread, which lives as long as the thread.
 *
 * ```
 * booting ──→ up ──→ leaving ──→ ended      each state may also end at once
 *              └──→ unread ────────┘         it has sent what can't be read, and answers the rest of what it has begun
 * ```
 * - One pool per thread instead of one for all: the scheduler decides which thread gets what, ends a single one, and
 *   starts its successor before it is gone. Piscina offers no such handle on its threads.
 * - Piscina boots the thread with one run; batches then use a port of our own. A Piscina run for each batch costs more
 *   latency, reports an uncloneable message only in a promise, and loses its results if the thread ends right after.
 * - Piscina's queue, restarting (`minThreads: 0`) and `close()` have known faults; this class uses none of them.
 */
export class PiscinaThread<C extends Call> implements Worker<C> {
  readonly #events: WorkerEvents<C>;
  readonly #pool: Piscina<Boot, void>;
  readonly #port: MessagePort;
  /**
   * Keeps the process alive while the thread boots, has batches, or cleans up. The port can't do that: it closes when the
   * thread crashes, and the process could end before it hears of the crash.
   */
  #thread: NodeWorker | undefined;
  readonly #outbox: Outbox;
  readonly #sent: SentBatches<C>;
  readonly #inbox: Inbox<C>;
  readonly #printer: Printer;
  readonly #teardownTimeoutMs: number;
  #threadId = -1;
  readonly #loopClock = new LoopClock();
  #cause: unknown = undefined;
  #state: 'booting' | 'up' | 'unread' | 'leaving' | 'ended' = 'booting';
  /** The thread is being terminated, which takes time while it is in native code. */
  #isEnding = false;
  #patience: NodeJS.Timeout | undefined;

  /** @param idle one word: the number of idle workers of the executor. */
  constructor(options: ThreadSettings, idle: SharedArrayBuffer, events: WorkerEvents<C>) {
    this.#events = events;
    this.#teardownTimeoutMs = options.teardownTimeoutMs;
    const workerData = changedByCloning(options.workerData);
    // Node clones the encoded value: its clone of some errors fails, and no thread would start. The thread decodes it.
    this.#pool = poolOfOne(
      workerData === undefined ? options : { ...options, workerData: workerData.values[0] },
    );
    const { port1, port2 } = new MessageChannel();
    this.#port = port1;
    this.#outbox = new Outbox(port1);
    this.#sent = new SentBatches(this.#outbox, (isBusy) => this.#keepAlive(isBusy));
    this.#printer = new Printer((error) => this.#fail(error));
    this.#inbox = new Inbox(this.#outbox, this.#sent, events, {
      fail: (cause) => this.#fail(cause),
      exits: () => this.#waitForExit(),
    });
    port1.on('message', (message: unknown) => this.#received(message));
    // A result that is nested too deeply for this thread's stack.
    port1.on('messageerror', (error) => this.#unread(error));
    port1.unref();
    this.#boot({
      port: port2,
      output: this.#printer.line,
      claims: this.#sent.claims.shared,
      poll: { words: this.#outbox.poll.shared, limits: pollLimits(options) },
      clockOrigin: clockOrigin(),
      maxBytes: options.maxBytesPerWorker,
      idle,
      workers: options.workers,
      workerData,
    });
  }

  /** The thread's id, kept after the thread has ended, when Node no longer tells it. */
  get threadId(): number {
    return this.#threadId;
  }

  get canSend(): boolean {
    return this.#state === 'up' && this.#sent.hasRoom;
  }

  deliver(jobs: readonly C[]): ThreadBatch<C> {
    return this.#sent.add(jobs);
  }

  send(batch: ThreadBatch<C>, options: SendOptions): void {
    const { jobs } = batch;
    const [first] = jobs as readonly [C];
    const known = this.#sent.knownTargets;
    const lone = jobs.length === 1 ? encodeLoneCall(batch, first, options, known) : undefined;
    if (lone !== undefined) return void (batch.ordinal = this.#outbox.postLone(lone));
    const transfer: Transferable[] = [];
    try {
      const message = encodeBatch(batch, options, known, transfer);
      batch.targets = message.targets;
      batch.ordinal = this.#outbox.post(message, transfer);
    } catch (error) {
      throw jobs.length === 1 ? dataCloneError(error, first.args, 'args') : error;
    }
  }

  keepAlive(batch: ThreadBatch<C>, isKept: boolean): void {
    this.#sent.keep(batch, isKept);
  }

  release(batch: ThreadBatch<C>): void {
    this.#sent.remove(batch);
  }

  loopTimes(): LoopTimes {
    return this.#loopClock.read(this.#pool.threads[0], this.#outbox.poll.polledMs);
  }

  leave(): void {
    if (this.#state !== 'up' || this.#isEnding) return this.terminate();
    this.#state = 'leaving';
    this.#thread?.ref();
    this.#outbox.post({ kind: 'leave' });
    this.#waitForExit();
    return undefined;
  }

  /** The thread is ending by itself: terminates it if that takes too long. */
  #waitForExit(): void {
    if (this.#patience !== undefined || this.#isEnding) return;
    const overdue = () => {
      warnOfTeardown(
        `a worker took longer than ${this.#teardownTimeoutMs} ms to clean up, and was cut short (by a teardown(), or by what a task has left running)`,
      );
      this.terminate();
    };
    this.#patience = setTimeout(overdue, this.#teardownTimeoutMs);
  }

  terminate(): void {
    this.#isEnding = true;
    clearTimeout(this.#patience);
    // If the thread was never made, `destroy()` would reject the boot run, whose promise nothing handles.
    if (this.#state !== 'ended') void this.#pool.destroy();
  }

  #fail(error: unknown): void {
    this.#cause ??= error;
    this.terminate();
  }

  /** Nothing tells whose message it was, so the thread must end. But first it may answer what else it has begun. */
  #unread(error: unknown): void {
    this.#cause ??= error;
    this.#state = 'unread';
    this.#events.full();
    this.#patience ??= setTimeout(() => this.terminate(), this.#teardownTimeoutMs);
    if (!this.#sent.isLaterBegun) this.terminate();
  }

  #boot(boot: Boot): void {
    let booted: Promise<void>;
    try {
      booted = startInside(() => firstRun(this.#pool, boot, (error) => this.#fail(error)));
    } catch (error) {
      return this.#neverStarted(error);
    }
    const thread: NodeWorker | undefined = this.#pool.threads[0];
    this.#thread = thread;
    thread?.ref();
    this.#threadId = thread?.threadId ?? -1;
    if (thread !== undefined) {
      countThread(thread);
      guardThread(thread, (error) => (this.#cause ??= error));
      thread.once('error', (error) => (this.#cause = error));
      thread.once('exit', (exitCode) => this.#exited(exitCode));
    }
    booted.then(
      () => {
        if (this.#state !== 'booting') return;
        this.#state = 'up';
        this.#thread?.unref();
        this.#events.ready();
      },
      (error: unknown) => this.#fail(error),
    );
    return undefined;
  }

  /** Node refused to make the thread. Reported as the thread's end: the code that replaces a thread expects no exception. */
  #neverStarted(error: unknown): void {
    this.#state = 'ended';
    this.#port.close();
    this.#printer.close();
    queueMicrotask(() => this.#events.ended(undefined, error));
  }

  /** A busy thread keeps the process alive; an idle one does not. */
  #keepAlive(isBusy: boolean): void {
    if (isBusy) this.#thread?.ref();
    else this.#thread?.unref();
  }

  /** Prints the thread's output first: a task settles only after its output. */
  #received(message: unknown): void {
    this.#printer.catchUp();
    try {
      this.#inbox.received(message);
    } catch (error) {
      // An invalid message: a task has changed the thread's built-ins, or has got hold of its port.
      this.#fail(error);
    }
    if (this.#state === 'unread' && !this.#sent.isLaterBegun) this.terminate();
  }

  #exited(exitCode: number): void {
    // Messages still to be read must not cause new ones to be sent.
    this.#state = 'ended';
    this.#printer.close();
    try {
      for (let got = receiveMessageOnPort(this.#port); got; got = receiveMessageOnPort(this.#port)) {
        this.#received(got.message);
      }
    } catch (error) {
      this.#cause ??= error;
    }
    this.#cause = this.#inbox.wholeOf(this.#cause);
    clearTimeout(this.#patience);
    this.#port.close();
    void this.#pool.destroy();
    this.#events.ended(exitCode, this.#cause);
  }
}
