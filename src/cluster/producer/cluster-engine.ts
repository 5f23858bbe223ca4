import type { Engine, EngineEvents, EngineHost, Slot, StartEngine } from '../../scheduler/engine.ts';
import type { Job } from '../../scheduler/job/job.ts';
import type { Transitions } from '../../scheduler/transitions.ts';
import type { Reply } from '../wire/reply-wire.ts';
import type { ClusterEngineOptions } from './engine-options.ts';
import { Heartbeat } from './heartbeat.ts';
import { Hosts } from './hosts.ts';
import { OpenBatches } from './open-batches.ts';
import { Outbox } from './outbox.ts';
import type { RemoteBatch } from './remote-batch.ts';
import { remoteSlots } from './remote-slots.ts';
import { Sender } from './sender.ts';
import { readReply } from './settle.ts';
import type { RemoteEnd } from './settle.ts';
import { Stops } from './stops.ts';
import type { Transport } from './transport.ts';
import { endWithoutHosts } from './without-hosts.ts';

/** Makes the engine whose jobs run on hosts, behind a transport. */
export function clusterEngine(
  transport: Transport,
  options: ClusterEngineOptions,
  made?: (engine: ClusterEngine) => void,
): StartEngine {
  return (host) => {
    const engine = new ClusterEngine(transport, options, host);
    made?.(engine);
    return engine;
  };
}

/**
 * Sends jobs to hosts and handles their replies. The engine keeps the queue, as every engine does: Redis holds only as many jobs as the
 * hosts' threads can soon begin, so that bounds, priorities and the cancellation of unsent jobs stay exact.
 *
 * ```
 * queued ──send──→ sent ──answer──→ settled
 *    ↑───────────────┘ returned (never begun), or lost with a retry left
 * ```
 */
export class ClusterEngine implements Engine {
  readonly #transport: Transport;
  readonly #transitions: Transitions;
  readonly #events: EngineEvents;
  readonly #outbox: Outbox;
  readonly #sender: Sender;
  readonly #stops: Stops;
  readonly #heartbeat: Heartbeat;
  readonly hosts: Hosts;
  readonly #batches = new OpenBatches();
  /** Redis may have lost its data: the engine sends nothing until it has checked. */
  #suspect = true;
  #state: 'open' | 'failed' | 'closed' = 'open';
  /** Makes `close()` wait for Redis no longer. */
  #hurry: () => void = () => {};
  readonly #killed = new Promise<void>((resolve) => (this.#hurry = resolve));

  constructor(transport: Transport, options: ClusterEngineOptions, host: EngineHost) {
    this.#transport = transport;
    this.#transitions = host.transitions;
    this.#events = host.events;
    this.#outbox = new Outbox(options.batchMs);
    this.#stops = new Stops(transport, host.transitions, (batch, job, then) => this.#take(batch, job, then));
    this.hosts = new Hosts(transport, options.failWithoutHostsAfterMs);
    this.#sender = new Sender(
      {
        transport,
        hosts: this.hosts,
        outbox: this.#outbox,
        batches: this.#batches,
        id: options.id,
        modules: options.modules,
        isOpen: () => this.#state === 'open' && !this.#suspect,
        keepAlive: () => this.#heartbeat.keepAlive(),
        ended: (batch, ends) => this.#end(batch, ends),
      },
      host,
    );
    this.#heartbeat = new Heartbeat(transport, this.hosts, {
      batches: () => this.#batches.all(),
      busy: () => this.queued + this.#batches.size > 0 || this.hosts.isAwaited,
      life: () => ({ name: options.name, ...this.#outbox.backlogOf(this.jobs()) }),
      unharmed: () => {
        this.#suspect = false;
        this.#stops.askSoon();
        this.#sender.pumpSoon();
      },
      noHosts: (error) => this.#endWithoutHosts(error),
      add: (batch) => this.#sender.add(batch),
      ended: (batch, ends) => this.#transitions.run(() => this.#end(batch, ends)),
    });
    // Later: the scheduler must have its engine first.
    queueMicrotask(() => void this.#open());
  }

  async #open(): Promise<void> {
    if (this.#state !== 'open') return;
    try {
      await this.#transport.open({
        replied: (id, reply) => this.#replied(id, reply),
        unreadable: (id, reason) => this.#unreadable(id, reason),
        connected: (isConnected) => {
          this.#suspect = true;
          this.hosts.unheard();
          if (isConnected) this.#heartbeat.soon();
        },
      });
    } catch (error) {
      if (this.#state !== 'open') return;
      this.#state = 'failed';
      this.hosts.failed(error);
      this.#heartbeat.stop();
      return this.#transitions.run(() => this.#events.bootFailed(error));
    }
    if (this.#state === 'open') this.#heartbeat.start();
  }

  get slots(): readonly Slot[] {
    return remoteSlots(this.hosts.threads, this.#batches.running, this.#batches.jobs);
  }

  enqueue(job: Job): void {
    job.transitionTo('queued');
    this.#outbox.queue.push(job);
    this.#heartbeat.keepAlive();
    this.#sender.queued();
  }

  withdraw(job: Job): boolean {
    if (job.status !== 'queued') return false;
    this.#outbox.queue.remove(job);
    return true;
  }

  recall(job: Job, taken: () => void): void {
    this.#stops.recall(job, taken);
  }

  askToStop(job: Job, reason: unknown): boolean {
    return this.#stops.noteReason(job, reason);
  }

  tellToStop(job: Job): void {
    this.#stops.cancel(job, () => this.#events.left(job, undefined));
  }

  endWorkerOf(job: Job): boolean {
    this.#stops.endWorkerOf(job);
    return true;
  }

  /** Threads of all live hosts. */
  get workers(): number {
    return this.hosts.threads;
  }

  get queued(): number {
    return this.#outbox.queue.size;
  }

  jobs(): Job[] {
    return [...this.#outbox.queue, ...this.#batches.all().flatMap((batch) => [...batch.openJobs()])];
  }

  ready(): Promise<void> {
    const ready = this.hosts.ready();
    this.#heartbeat.keepAlive();
    return ready;
  }

  kill(): void {
    void this.#transport.goodbye().catch(() => {});
    this.#hurry();
  }

  async close(error: unknown): Promise<void> {
    this.#state = 'closed';
    this.hosts.failed(error);
    this.#heartbeat.stop();
    await Promise.race([this.#transport.goodbye().catch(() => {}), this.#killed]);
    this.#transport.close();
    // No reply will tell how cancelled jobs end.
    this.#transitions.run(() => this.#batches.abandon((job) => this.#events.left(job, undefined)));
  }

  #replied(id: string, reply: Reply): void {
    const batch = this.#batches.get(id);
    if (batch === undefined) return;
    batch.heardAt = performance.now();
    for (const [position, value] of reply.reports) batch.jobAt(position)?.report(value);
    this.#transitions.run(() => this.#end(batch, readReply(batch, reply, this.#batches.running)));
  }

  #unreadable(id: string, reason: unknown): void {
    const batch = this.#batches.get(id);
    if (batch === undefined) return;
    const ended = (job: Job): RemoteEnd => ({ job, how: 'rejected', value: reason });
    this.#transitions.run(() => this.#end(batch, [...batch.openJobs()].map(ended)));
  }

  /** Settles or requeues each of these jobs of a batch. */
  #end(batch: RemoteBatch, ends: readonly RemoteEnd[]): void {
    const again: Job[] = [];
    for (const end of ends) {
      const { job } = end;
      if (batch.jobAt(job.position) !== job) continue;
      const runsAgain = end.how === 'again' && !job.done;
      if (runsAgain) this.#events.restarts(job);
      else if (!job.done && end.how !== 'again') this.#events.settle(job, end.how, end.value, end.why);
      this.#batches.close(batch, job);
      if (runsAgain) {
        again.push(job);
        continue;
      }
      const { ranMs } = end;
      if (ranMs !== undefined) this.#outbox.learn(job, ranMs);
      this.#events.left(job, ranMs);
    }
    for (const job of again.toReversed()) {
      job.transitionTo('queued');
      this.#outbox.queue.unshift(job);
    }
    if (this.queued > 0) this.#sender.pumpSoon();
    else this.#heartbeat.keepAlive();
  }

  /** Removes a job that will never run on a host from its batch. */
  #take(batch: RemoteBatch, job: Job, then: () => void): void {
    then();
    this.#batches.close(batch, job);
    this.#sender.pumpSoon();
  }

  /** Rejects what waits; and what hosts had, once no host is there that may still answer. */
  async #endWithoutHosts(error: unknown): Promise<void> {
    this.#transitions.run(() => {
      for (const job of Array.from(this.#outbox.queue)) {
        this.withdraw(job);
        this.#events.settle(job, 'rejected', error);
        this.#events.left(job, undefined);
      }
    });
    if (!this.hosts.areGone(performance.now())) return;
    const end = async (batch: RemoteBatch): Promise<void> => {
      const ends = await endWithoutHosts(this.#transport, batch, error);
      this.#transitions.run(() => this.#end(batch, ends));
    };
    await Promise.all(this.#batches.all().map(end));
  }
}
