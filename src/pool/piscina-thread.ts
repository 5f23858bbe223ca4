import { fileURLToPath } from 'node:url';
import { MessageChannel, receiveMessageOnPort } from 'node:worker_threads';
import type { MessagePort, Transferable, Worker as NodeWorker } from 'node:worker_threads';
import { Piscina } from 'piscina';
import type { ResolvedExecutorOptions } from '../executor-options.ts';
import type { Failure, Worker, WorkerEvents } from '../scheduler/backend.ts';
import type { Job } from '../scheduler/job.ts';
import { encodeBatch } from './batch-codec.ts';
import { reviveBuffers } from './buffers.ts';
import { decodeReason } from './error-codec.ts';
import { ThreadDelivery } from './thread-delivery.ts';
import { dataCloneError } from './uncloneable.ts';
import { Claims, segmentLength, segments } from './wire.ts';
import type { Answers, Boot } from './wire.ts';

const entry = fileURLToPath(new URL('./worker-entry.js', import.meta.url));

/**
 * One worker thread, as a Piscina of one thread that lives as long as it.
 *
 * One pool per thread instead of one for all: the scheduler decides which thread gets what, ends a single one and
 * replaces it before it is gone; Piscina offers no such handle on its threads. It never holds a queue either (at most
 * `segments` runs at a time, all of them sent on at once), never restarts a thread by itself (`minThreads: 0`), and is
 * not asked to close: its queue bounds, its restarting and its closing have known faults, which are thus out of play.
 */
export class PiscinaThread implements Worker {
  readonly #events: WorkerEvents;
  readonly #pool: Piscina<unknown, Answers | undefined>;
  readonly #port: MessagePort;
  readonly #claims = new Claims();
  readonly #deliveries = new Map<number, ThreadDelivery>();
  readonly #freeSegments = Array.from({ length: segments }, (_, index) => index * segmentLength);
  readonly #knownTargets = new Set<number>();
  #nextId = 0;
  #cause: unknown = undefined;
  #ended = false;

  constructor(options: ResolvedExecutorOptions, events: WorkerEvents) {
    this.#events = events;
    const { env, execArgv, resourceLimits, workerData } = options;
    this.#pool = new Piscina({
      filename: entry,
      minThreads: 0,
      maxThreads: 1,
      idleTimeout: Infinity,
      concurrentTasksPerWorker: segments,
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
    port1.on('message', (answers: Answers) => this.#answer(answers, false));
    port1.unref();
    this.#boot({
      kind: 'boot',
      port: port2,
      claims: this.#claims.shared,
      timeOrigin: performance.timeOrigin,
    });
  }

  get canSend(): boolean {
    return !this.#ended && this.#freeSegments.length > 0;
  }

  send(jobs: readonly Job[]): ThreadDelivery {
    const base = this.#freeSegments.pop();
    if (base === undefined) throw new Error('internal: no segment is free');
    const delivery = new ThreadDelivery(this.#nextId++, jobs, base, this.#claims);
    this.#deliveries.set(delivery.id, delivery);
    const transferList: Transferable[] = [];
    const batch = encodeBatch(delivery, this.#knownTargets, transferList);
    // Piscina reports a message that can't be cloned through the promise, in the next microtask; nothing else that
    // ends a run can come before the one after it.
    let posted = false;
    this.#pool.run(batch, { transferList: transferList as never }).then(
      (answers) => this.#replied(delivery, answers),
      (error: unknown) => (posted ? this.#runFailed(error) : this.#unsendable(delivery, error)),
    );
    queueMicrotask(() => (posted = true));
    return delivery;
  }

  terminate(): void {
    void this.#pool.destroy();
  }

  #boot(boot: Boot): void {
    this.#pool.run(boot, { transferList: [boot.port] as never }).then(
      () => {
        if (!this.#ended) this.#events.ready();
      },
      (error: unknown) => this.#runFailed(error),
    );
    const thread: NodeWorker | undefined = this.#pool.threads[0];
    thread?.once('error', (error) => (this.#cause = error));
    thread?.once('exit', (exitCode) => this.#exited(exitCode));
  }

  /** The end of a batch, with its answers or after they have come by the port. */
  #replied(delivery: ThreadDelivery, answers: Answers | undefined): void {
    if (this.#ended) return;
    if (answers === undefined || answers.from > delivery.answered) this.#readPort();
    if (answers !== undefined) this.#answer(answers, true);
    else this.#settle(delivery, [], [], true);
  }

  #answer({ id, from, values, failures = [], buffers }: Answers, last: boolean): void {
    const delivery = this.#deliveries.get(id);
    // The thread repeats its last answers when it ends, because they may have been lost.
    if (delivery === undefined || from !== delivery.answered) return;
    reviveBuffers(values, buffers);
    const decoded = failures.map(([position, reason]): Failure => [position, decodeReason(reason)]);
    this.#settle(delivery, values, decoded, last);
  }

  #settle(delivery: ThreadDelivery, values: unknown[], failures: readonly Failure[], last: boolean): void {
    if (last) this.#release(delivery);
    this.#events.answered(delivery, values, failures, last);
  }

  #release(delivery: ThreadDelivery): void {
    this.#deliveries.delete(delivery.id);
    this.#freeSegments.push(delivery.base);
  }

  #unsendable(delivery: ThreadDelivery, error: unknown): void {
    this.#release(delivery);
    // Whatever targets the message was to introduce: all of them are told again.
    this.#knownTargets.clear();
    const [job, ...others] = delivery.jobs;
    const alone = job !== undefined && others.length === 0;
    this.#events.unsendable(delivery, alone ? dataCloneError(error, job.task.args, 'args') : error);
  }

  /** A run ends in an error only with its thread; the event for that may be still to come. */
  #runFailed(error: unknown): void {
    this.#cause ??= error;
    this.terminate();
  }

  #readPort(): void {
    for (let got = receiveMessageOnPort(this.#port); got; got = receiveMessageOnPort(this.#port)) {
      this.#answer(got.message as Answers, false);
    }
  }

  #exited(exitCode: number): void {
    this.#readPort();
    this.#ended = true;
    this.#port.close();
    void this.#pool.destroy();
    this.#events.ended(exitCode, this.#cause);
  }
}
