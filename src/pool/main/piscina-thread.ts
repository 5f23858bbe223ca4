import { MessageChannel, receiveMessageOnPort } from 'node:worker_threads';
import type { MessagePort, Transferable, Worker as NodeWorker } from 'node:worker_threads';
import type { Piscina } from 'piscina';
import type { Call, LoopTimes, SendOptions, Worker, WorkerEvents } from '../../scheduler/dispatch/backend.ts';
import { encodeBatch } from './batch-codec.ts';
import { clockOrigin } from '../wire/clock.ts';
import { startInside } from '../executor-place.ts';
import { Inbox } from './inbox.ts';
import { Outbox } from './outbox.ts';
import { poolOfOne } from './pool-of-one.ts';
import { Printer } from './printer.ts';
import { SentBatches } from './sent-batches.ts';
import { warnOfTeardown } from './teardown-warning.ts';
import type { ThreadDelivery } from './thread-delivery.ts';
import type { ThreadSettings } from './thread-options.ts';
import { dataCloneError } from '../wire/uncloneable.ts';
import { encode } from '../wire/value-codec.ts';
import type { Encoded } from '../wire/value-codec.ts';
import { publishWorkerEnd, publishWorkerStart } from './worker-diagnostics.ts';
import type { Boot } from '../wire/messages.ts';

/**
 * One worker thread, as a Piscina of one thread that lives as long as it.
 *
 * ```
 * booting ──→ up ──→ leaving ──→ ended      each of them may also end at once
 * ```
 * - One pool per thread instead of one for all: the scheduler decides which thread gets what, ends a single one, and
 *   starts its successor before it is gone. Piscina offers no such handle on its threads.
 * - Piscina boots the thread with one run; batches then go through a port of our own. A run of Piscina's for each batch
 *   cost three times the latency of one call (measured with `atomics: 'disabled'`, as here), it tells only in a
 *   promise that a message can't be cloned, and its results are lost if the thread ends right after.
 * - Its queue, its restarting (`minThreads: 0`) and its `close()` have known faults; none of them is in play.
 */
export class PiscinaThread<C extends Call> implements Worker<C> {
  readonly #events: WorkerEvents<C>;
  readonly #pool: Piscina<Boot, void>;
  readonly #port: MessagePort;
  /**
   * Keeps the process alive while it boots, has batches, or cleans up. The port can't do that: it closes with a thread
   * that crashes, and the process could end before it has heard of the crash.
   */
  #thread: NodeWorker | undefined;
  readonly #outbox: Outbox;
  readonly #sent: SentBatches<C>;
  readonly #inbox: Inbox<C>;
  readonly #printer: Printer;
  readonly #teardownTimeoutMs: number;
  readonly #name: string;
  /** A thread that has ended no longer knows its own. */
  #threadId = -1;
  #cause: unknown = undefined;
  #state: 'booting' | 'up' | 'leaving' | 'ended' = 'booting';
  /** It is being ended: not at once, if it is in native code. */
  #isEnding = false;
  #patience: NodeJS.Timeout | undefined;

  /** @param idle counts the workers of the executor that have nothing to do. */
  constructor(options: ThreadSettings, idle: SharedArrayBuffer, events: WorkerEvents<C>) {
    this.#events = events;
    this.#teardownTimeoutMs = options.teardownTimeoutMs;
    this.#name = options.name;
    this.#pool = poolOfOne(options);
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
    // A result that was written, but is nested too deeply for this thread's stack: nobody knows whose it was.
    port1.on('messageerror', (error) => this.#fail(error));
    port1.unref();
    this.#boot({
      port: port2,
      output: this.#printer.line,
      claims: this.#sent.claims.shared,
      clockOrigin: clockOrigin(),
      maxBytes: options.maxBytesPerWorker,
      idle,
      workers: options.workers,
      workerData: changedByCloning(options.workerData),
    });
  }

  get canSend(): boolean {
    return this.#state === 'up' && this.#sent.hasRoom;
  }

  deliver(jobs: readonly C[]): ThreadDelivery<C> {
    return this.#sent.add(jobs);
  }

  send(delivery: ThreadDelivery<C>, options: SendOptions): void {
    const { jobs } = delivery;
    const transfer: Transferable[] = [];
    try {
      const batch = encodeBatch(delivery, options, this.#sent.knownTargets, transfer);
      delivery.targets = batch.targets;
      delivery.ordinal = this.#outbox.post(batch, transfer);
    } catch (error) {
      const [job] = jobs;
      throw job !== undefined && jobs.length === 1 ? dataCloneError(error, job.args, 'args') : error;
    }
  }

  release(delivery: ThreadDelivery<C>): void {
    this.#sent.remove(delivery);
  }

  loopTimes(): LoopTimes {
    const { active = 0, idle = 0 } = this.#pool.threads[0]?.performance.eventLoopUtilization() ?? {};
    return { activeMs: active, idleMs: idle };
  }

  leave(): void {
    if (this.#state !== 'up' || this.#isEnding) return this.terminate();
    this.#state = 'leaving';
    this.#thread?.ref();
    this.#outbox.post({ kind: 'leave' });
    this.#waitForExit();
    return undefined;
  }

  /** The thread ends by itself: not for ever. */
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
    // Of a thread that was never made Piscina would reject the run, whose promise nobody has.
    if (this.#state !== 'ended') void this.#pool.destroy();
  }

  #fail(error: unknown): void {
    this.#cause ??= error;
    this.terminate();
  }

  #boot(boot: Boot): void {
    let booted: Promise<void>;
    try {
      booted = startInside(() =>
        this.#pool.run(boot, { transferList: [boot.port, boot.output.port] as never }),
      );
    } catch (error) {
      return this.#neverStarted(error);
    }
    const thread: NodeWorker | undefined = this.#pool.threads[0];
    this.#thread = thread;
    thread?.ref();
    this.#threadId = thread?.threadId ?? -1;
    thread?.once('error', (error) => (this.#cause = error));
    thread?.once('exit', (exitCode) => this.#exited(exitCode));
    booted.then(
      () => {
        if (this.#state !== 'booting') return;
        this.#state = 'up';
        this.#thread?.unref();
        this.#events.ready();
        publishWorkerStart(this.#name, this.#threadId);
      },
      (error: unknown) => this.#fail(error),
    );
    return undefined;
  }

  /** Node would not even make the thread. That is an end like any other: who replaces a thread expects no exception. */
  #neverStarted(error: unknown): void {
    this.#state = 'ended';
    this.#port.close();
    this.#printer.close();
    queueMicrotask(() => this.#events.ended(undefined, error));
  }

  /** A thread that has something to do keeps the process alive, and no other. */
  #keepAlive(isBusy: boolean): void {
    if (isBusy) this.#thread?.ref();
    else this.#thread?.unref();
  }

  /** What it has printed comes first: a task settles only after its output. */
  #received(message: unknown): void {
    this.#printer.catchUp();
    try {
      this.#inbox.received(message);
    } catch (error) {
      // Not what the thread would send by itself: a task has changed what that rests on, or has got hold of its port.
      this.#fail(error);
    }
  }

  #exited(exitCode: number): void {
    const wasUp = this.#state !== 'booting';
    // What is still to be read must not lead to its being sent more.
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
    if (wasUp) publishWorkerEnd(this.#name, this.#threadId, exitCode, this.#cause);
  }
}

/** Node clones `workerData` when it makes a thread, and knows of no codec. Undefined if that is all the same. */
function changedByCloning(workerData: unknown): Encoded | undefined {
  const encoded = encode([workerData]);
  return encoded.extras === undefined ? undefined : encoded;
}
