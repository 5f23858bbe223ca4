import { fileURLToPath } from 'node:url';
import { MessageChannel, receiveMessageOnPort } from 'node:worker_threads';
import type { MessagePort, Transferable, Worker as NodeWorker } from 'node:worker_threads';
import { Piscina } from 'piscina';
import type { ResolvedExecutorOptions } from '../executor-options.ts';
import { show } from '../options.ts';
import type { Failure, LoopTimes, SendOptions, Worker, WorkerEvents } from '../scheduler/backend.ts';
import type { Job } from '../scheduler/job.ts';
import { encodeBatch } from './batch-codec.ts';
import { reviveBuffers } from './buffers.ts';
import { claim, Claims, segmentLength, segments } from './claims.ts';
import { decodeReason } from './error-codec.ts';
import { OpenCalls } from './open-calls.ts';
import { ThreadDelivery } from './thread-delivery.ts';
import { dataCloneError } from './uncloneable.ts';
import { publishWorkerEnd, publishWorkerStart } from './worker-diagnostics.ts';
import type {
  Answers,
  Boot,
  Call,
  Leave,
  Left,
  Reported,
  Resume,
  ReturnedTask,
  ToMain,
  Unread,
  Waits,
} from './wire.ts';

const entry = fileURLToPath(new URL('./worker-boot.cjs', import.meta.url));

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
export class PiscinaThread implements Worker {
  readonly #events: WorkerEvents;
  readonly #pool: Piscina<Boot, void>;
  readonly #port: MessagePort;
  /**
   * Keeps the process alive while it boots, has batches, or cleans up. The port can't do that: it closes with a thread
   * that crashes, and the process could end before it has heard of the crash.
   */
  #thread: NodeWorker | undefined;
  readonly #claims = new Claims();
  readonly #teardownTimeoutMs: number;
  /**
   * By segment. Not a Map: V8 chains the outgrown tables of one that entries keep passing through, and the chain keeps
   * every job that was ever in it alive until the next major collection (measured: 40 % of all young objects).
   */
  readonly #deliveries: (ThreadDelivery | null)[] = Array.from({ length: segments }, () => null);
  /** Tasks that have waited for tasks of their own, by the id of the batch that each is alone in. */
  readonly #parked = new Map<number, ThreadDelivery>();
  readonly #calls: OpenCalls;
  readonly #freeSegments = Array.from({ length: segments }, (_, index) => index);
  /** Told to the worker in a batch that it has read: it has answered. */
  readonly #knownTargets = new Set<number>();
  #nextId = 0;
  /** Has it been asked to, because it has something to do? */
  #keepsAlive = false;
  readonly #name: string;
  /** A thread that has ended no longer knows its own. */
  #threadId = -1;
  #cause: unknown = undefined;
  #state: 'booting' | 'up' | 'leaving' | 'ended' = 'booting';
  #patience: NodeJS.Timeout | undefined;

  /** @param idle counts the workers of the executor that have nothing to do. */
  constructor(options: ResolvedExecutorOptions, idle: SharedArrayBuffer, events: WorkerEvents) {
    this.#events = events;
    this.#teardownTimeoutMs = options.teardownTimeoutMs;
    this.#name = options.name;
    const { env, execArgv, resourceLimits, workerData } = options;
    this.#pool = new Piscina({
      filename: entry,
      minThreads: 0,
      maxThreads: 1,
      idleTimeout: Infinity,
      // Its default would stop the thread's event loop between tasks: timers, telemetry, asynchronous clean-up.
      atomics: 'disabled',
      recordTiming: false,
      ...(env === undefined ? {} : { env: env as NodeJS.ProcessEnv }),
      ...(execArgv === undefined ? {} : { execArgv: [...execArgv] }),
      ...(resourceLimits === undefined ? {} : { resourceLimits }),
      ...(workerData === undefined ? {} : { workerData }),
    });
    // Without a listener an 'error' event would end the process; the thread's own events say the same.
    this.#pool.on('error', () => {});
    const { port1, port2 } = new MessageChannel();
    this.#port = port1;
    port1.on('message', (message: ToMain) => this.#received(message));
    // A result that was written, but is nested too deeply for this thread's stack: nobody knows whose it was.
    port1.on('messageerror', (error) => this.#fail(error));
    port1.unref();
    this.#calls = new OpenCalls(port1, (...call) => events.called(...call));
    const { timeOrigin } = performance;
    this.#boot({
      port: port2,
      claims: this.#claims.shared,
      timeOrigin,
      maxBytes: options.maxBytesPerWorker,
      idle,
      workers: options.workers,
    });
  }

  get canSend(): boolean {
    return this.#state === 'up' && this.#freeSegments.length > 0;
  }

  send(jobs: readonly Job[], options: SendOptions): ThreadDelivery {
    const segment = this.#freeSegments.pop();
    if (segment === undefined) throw new Error('internal: no segment is free');
    const base = segment * segmentLength;
    this.#claims.words.fill(claim.sent, base, base + jobs.length);
    const delivery = new ThreadDelivery(this.#nextId, jobs, base, this.#claims, this.#port);
    const transfer: Transferable[] = [];
    try {
      const batch = encodeBatch(delivery, options, this.#knownTargets, transfer);
      delivery.targets = batch.targets;
      this.#port.postMessage(batch, transfer);
    } catch (error) {
      this.#freeSegments.push(segment);
      const [job] = jobs;
      throw job !== undefined && jobs.length === 1 ? dataCloneError(error, job.args, 'args') : error;
    }
    this.#nextId++;
    this.#deliveries[segment] = delivery;
    this.#keepAlive();
    return delivery;
  }

  loopTimes(): LoopTimes {
    const { active = 0, idle = 0 } = this.#pool.threads[0]?.performance.eventLoopUtilization() ?? {};
    return { activeMs: active, idleMs: idle };
  }

  leave(): void {
    if (this.#state !== 'up') return this.terminate();
    this.#state = 'leaving';
    this.#thread?.ref();
    this.#port.postMessage({ leave: true } satisfies Leave);
    const overdue = () => {
      warn(`a worker's teardown() took longer than ${this.#teardownTimeoutMs} ms, and was cut short`);
      this.terminate();
    };
    this.#patience = setTimeout(overdue, this.#teardownTimeoutMs);
    return undefined;
  }

  terminate(): void {
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
      booted = this.#pool.run(boot, { transferList: [boot.port] as never });
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
        publishWorkerStart(this.#name, this.#threadId);
        this.#events.ready();
      },
      (error: unknown) => this.#fail(error),
    );
    return undefined;
  }

  /** Node would not even make the thread. That is an end like any other: who replaces a thread expects no exception. */
  #neverStarted(error: unknown): void {
    this.#state = 'ended';
    this.#port.close();
    queueMicrotask(() => this.#events.ended(undefined, error));
  }

  #received(message: ToMain): void {
    if ('values' in message) this.#answered(message);
    else if ('begun' in message) this.#withDelivery(message.begun, (sent) => this.#events.began(sent));
    else if ('reported' in message) this.#reported(message);
    else if ('left' in message) this.#left(message);
    else if ('unread' in message) this.#unread(message);
    else if ('call' in message) this.#called(message);
    else if ('withdraw' in message) this.#calls.withdraw(message);
    else if ('waits' in message) this.#waits(message);
    else
      this.#withDelivery(message.returned, (sent) => {
        for (const task of message.tasks) takeBackMoved(sent, task);
      });
  }

  #answered({ id, from, last, values, failures = [], buffers, full }: Answers): void {
    const delivery = this.#find(id);
    // The answer before this one could not be read.
    if (delivery === undefined || delivery.answered !== from) return;
    reviveBuffers(values, buffers);
    const decoded = failures.map(([position, reason]): Failure => [position, decodeReason(reason)]);
    for (const [index] of delivery.targets ?? []) this.#knownTargets.add(index);
    delivery.targets = undefined;
    if (last) this.#release(delivery);
    if (full === true) this.#events.full();
    this.#events.answered(delivery, values, decoded, last);
  }

  #unread({ unread, reason }: Unread): void {
    this.#withDelivery(unread, (delivery) => {
      this.#release(delivery);
      const { name, message } = decodeReason(reason) as Error;
      this.#events.unread(delivery, new DOMException(`args: ${name}: ${message}`, 'DataCloneError'));
    });
  }

  #reported({ reported, position, value }: Reported): void {
    if (this.#claims.reportTaken()) this.#port.postMessage({ resume: true } satisfies Resume);
    this.#withDelivery(reported, ({ jobs }) => jobs[position]?.report(value));
  }

  #called(message: Call): void {
    const parent = this.#find(message.batch)?.jobs[message.position];
    if (parent !== undefined) this.#calls.call(parent, message);
  }

  #waits({ waits, seen, from }: Waits): void {
    const origin = from && this.#find(from.batch);
    if (from !== undefined && origin !== undefined) {
      const parked = origin.moveOut(from.position, waits, new Claims(from.claims, 2));
      this.#parked.set(waits, parked);
      this.#events.parked(origin, from.position, parked);
    }
    this.#withDelivery(waits, (parked) => this.#events.waits(parked, seen));
  }

  #left({ left }: Left): void {
    for (const [module, reason] of left) warn(`teardown() of ${module} failed`, decodeReason(reason));
    this.terminate();
  }

  #withDelivery(id: number, then: (delivery: ThreadDelivery) => void): void {
    const delivery = this.#find(id);
    if (delivery !== undefined) then(delivery);
  }

  #find(id: number): ThreadDelivery | undefined {
    if (id < 0) return this.#parked.get(id);
    return this.#deliveries.find((sent) => sent?.id === id) ?? undefined;
  }

  #release(delivery: ThreadDelivery): void {
    if (!this.#parked.delete(delivery.id)) {
      const segment = delivery.base / segmentLength;
      this.#deliveries[segment] = null;
      this.#freeSegments.push(segment);
    }
    this.#keepAlive();
  }

  /** A thread that has something to do keeps the process alive, and no other. */
  #keepAlive(): void {
    const isBusy = this.#freeSegments.length < segments || this.#parked.size > 0;
    if (isBusy === this.#keepsAlive) return;
    this.#keepsAlive = isBusy;
    if (isBusy) this.#thread?.ref();
    else this.#thread?.unref();
  }

  #exited(exitCode: number): void {
    try {
      for (let got = receiveMessageOnPort(this.#port); got; got = receiveMessageOnPort(this.#port)) {
        this.#received(got.message as ToMain);
      }
    } catch (error) {
      this.#cause ??= error;
    }
    this.#state = 'ended';
    clearTimeout(this.#patience);
    this.#port.close();
    void this.#pool.destroy();
    publishWorkerEnd(this.#name, this.#threadId, exitCode, this.#cause);
    this.#events.ended(exitCode, this.#cause);
  }
}

function takeBackMoved({ jobs }: ThreadDelivery, [position, args, transfer, buffers]: ReturnedTask): void {
  reviveBuffers(args, buffers);
  jobs[position]?.handBack(args, transfer);
}

/** What goes wrong when no task is there to be told of it. */
function warn(message: string, reason?: unknown): void {
  const why = reason === undefined ? '' : `: ${show(reason)}`;
  process.emitWarning(message + why, 'MillraceTeardownWarning');
}
