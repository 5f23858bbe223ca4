import { fileURLToPath } from 'node:url';
import { MessageChannel, receiveMessageOnPort } from 'node:worker_threads';
import type { MessagePort, Transferable, Worker as NodeWorker } from 'node:worker_threads';
import { Piscina } from 'piscina';
import type { ResolvedExecutorOptions } from '../executor-options.ts';
import type { Failure, LoopTimes, Worker, WorkerEvents } from '../scheduler/backend.ts';
import type { Job } from '../scheduler/job.ts';
import { encodeBatch } from './batch-codec.ts';
import { reviveBuffers } from './buffers.ts';
import { decodeReason } from './error-codec.ts';
import { ThreadDelivery } from './thread-delivery.ts';
import { dataCloneError } from './uncloneable.ts';
import { publishWorkerEnd, publishWorkerStart } from './worker-diagnostics.ts';
import { Claims, segmentLength, segments } from './wire.ts';
import type { Answers, Begun, Boot, Returned, ReturnedTask } from './wire.ts';

type ToMain = Begun | Answers | Returned;

const entry = fileURLToPath(new URL('./worker-boot.cjs', import.meta.url));

/**
 * One worker thread, as a Piscina of one thread that lives as long as it.
 *
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
  readonly #claims = new Claims();
  /**
   * By segment. Not a Map: V8 chains the outgrown tables of one that entries keep passing through, and the chain keeps
   * every job that was ever in it alive until the next major collection (measured: 40 % of all young objects).
   */
  readonly #deliveries: (ThreadDelivery | null)[] = Array.from({ length: segments }, () => null);
  readonly #freeSegments = Array.from({ length: segments }, (_, index) => index);
  readonly #knownTargets = new Set<number>();
  #nextId = 0;
  readonly #name: string;
  /** A thread that has ended no longer knows its own. */
  #threadId = -1;
  #cause: unknown = undefined;
  #ended = false;

  constructor(options: ResolvedExecutorOptions, events: WorkerEvents) {
    this.#events = events;
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
    // Only batches on their way keep the process alive.
    port1.unref();
    this.#boot({ port: port2, claims: this.#claims.shared, timeOrigin: performance.timeOrigin });
  }

  get canSend(): boolean {
    return !this.#ended && this.#freeSegments.length > 0;
  }

  send(jobs: readonly Job[], announce: boolean): ThreadDelivery {
    const segment = this.#freeSegments.pop();
    if (segment === undefined) throw new Error('internal: no segment is free');
    const delivery = new ThreadDelivery(this.#nextId++, jobs, segment * segmentLength, this.#claims);
    const transfer: Transferable[] = [];
    const batch = encodeBatch(delivery, announce, this.#knownTargets, transfer);
    try {
      this.#port.postMessage(batch, transfer);
    } catch (error) {
      this.#freeSegments.push(segment);
      // Whatever targets the message was to introduce: all of them are told again.
      this.#knownTargets.clear();
      const [job] = jobs;
      throw job !== undefined && jobs.length === 1 ? dataCloneError(error, job.args, 'args') : error;
    }
    if (this.#freeSegments.length === segments - 1) this.#port.ref();
    this.#deliveries[segment] = delivery;
    return delivery;
  }

  loopTimes(): LoopTimes {
    const { active = 0, idle = 0 } = this.#pool.threads[0]?.performance.eventLoopUtilization() ?? {};
    return { activeMs: active, idleMs: idle };
  }

  terminate(): void {
    void this.#pool.destroy();
  }

  #boot(boot: Boot): void {
    this.#pool.run(boot, { transferList: [boot.port] as never }).then(
      () => {
        publishWorkerStart(this.#name, this.#threadId);
        this.#events.ready();
      },
      (error: unknown) => {
        this.#cause ??= error;
        this.terminate();
      },
    );
    const thread: NodeWorker | undefined = this.#pool.threads[0];
    this.#threadId = thread?.threadId ?? -1;
    thread?.once('error', (error) => (this.#cause = error));
    thread?.once('exit', (exitCode) => this.#exited(exitCode));
  }

  #received(message: ToMain): void {
    if ('values' in message) return this.#answered(message);
    const id = 'begun' in message ? message.begun : message.returned;
    const delivery = this.#deliveries.find((sent) => sent?.id === id);
    if (delivery == null) return;
    if ('begun' in message) this.#events.began(delivery);
    else for (const task of message.tasks) takeBackMoved(delivery, task);
  }

  #answered({ id, from, last, values, failures = [], buffers }: Answers): void {
    const delivery = this.#deliveries.find((sent) => sent?.id === id);
    if (delivery == null || delivery.answered !== from) throw new Error('internal: an answer out of order');
    reviveBuffers(values, buffers);
    const decoded = failures.map(([position, reason]): Failure => [position, decodeReason(reason)]);
    if (last) this.#release(delivery);
    this.#events.answered(delivery, values, decoded, last);
  }

  #release(delivery: ThreadDelivery): void {
    const segment = delivery.base / segmentLength;
    this.#deliveries[segment] = null;
    this.#freeSegments.push(segment);
    if (this.#freeSegments.length === segments) this.#port.unref();
  }

  #exited(exitCode: number): void {
    for (let got = receiveMessageOnPort(this.#port); got; got = receiveMessageOnPort(this.#port)) {
      this.#received(got.message as ToMain);
    }
    this.#ended = true;
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
