import type { Deadlines } from '../../base/deadlines.ts';
import type { EngineEvents, EngineHost } from '../../scheduler/engine.ts';
import type { Job } from '../../scheduler/job/job.ts';
import type { Transitions } from '../../scheduler/transitions.ts';
import { Task } from '../../tasks/task.ts';
import type { Hosts } from './hosts.ts';
import { Modules } from './modules.ts';
import type { OpenBatches } from './open-batches.ts';
import type { InFlight, Outbox } from './outbox.ts';
import { encodeJobs } from './outgoing.ts';
import { queueName } from './queue-name.ts';
import { RemoteBatch } from './remote-batch.ts';
import type { RemoteEnd } from './settle.ts';
import type { Transport } from './transport.ts';

interface SenderParts {
  readonly transport: Transport;
  readonly hosts: Hosts;
  readonly outbox: Outbox;
  readonly batches: OpenBatches;
  /** The id of this producer; ids of its batches begin with it. */
  readonly id: string;
  /** Logical names of modules, by URL. */
  readonly modules: Readonly<Record<string, string>>;
  /** May batches be sent now? */
  isOpen(): boolean;
  /** Called when work may have appeared or ended. */
  keepAlive(): void;
  ended(batch: RemoteBatch, ends: readonly RemoteEnd[]): void;
}

/** Makes batches of waiting jobs while there is room for them, and adds them to the hosts' queue. */
export class Sender {
  readonly #parts: SenderParts;
  readonly #transitions: Transitions;
  readonly #deadlines: Deadlines;
  readonly #events: EngineEvents;
  readonly #modules: Modules;
  #lastId = 0;
  #pumpDue = false;

  constructor(parts: SenderParts, { transitions, deadlines, events }: EngineHost) {
    this.#parts = parts;
    this.#transitions = transitions;
    this.#deadlines = deadlines;
    this.#events = events;
    this.#modules = new Modules(parts.modules);
  }

  /** A job waits. Sends a single job at once if the hosts have no other; else sends at the event loop's next turn. */
  queued(): void {
    const { outbox, batches } = this.#parts;
    if (batches.size === 0 && outbox.queue.size === 1) this.#transitions.endWith(this.#pumpNow);
    else this.pumpSoon();
  }

  /** Sends at the event loop's next turn: jobs submitted until then can travel together. */
  pumpSoon(): void {
    if (this.#pumpDue) return;
    this.#pumpDue = true;
    setImmediate(() => {
      this.#pumpDue = false;
      this.#transitions.run(() => this.#pump());
    });
  }

  readonly #pumpNow = (): void => this.#pump();

  #pump(): void {
    const { outbox } = this.#parts;
    this.#parts.keepAlive();
    // A task whose deadline has passed must not be sent, even if the timer is late.
    if (outbox.queue.size > 0) this.#deadlines.ringDue();
    while (this.#parts.isOpen() && outbox.room(this.#inFlight) > 0) {
      const jobs = outbox.next(this.#inFlight).filter((job) => this.#canRun(job));
      if (jobs.length > 0) this.#send(jobs);
    }
  }

  get #inFlight(): InFlight {
    const { batches, hosts } = this.#parts;
    return { batches: batches.size, jobs: batches.jobs, threads: hosts.threads };
  }

  /** Does a host have the job's module? If not, rejects the job. */
  #canRun(job: Job): boolean {
    const { transport, hosts } = this.#parts;
    const problem = this.#modules.problem(Task.targetOf(job.task), hosts.fit, queueName(transport));
    if (problem === undefined) return true;
    this.#events.settle(job, 'rejected', problem);
    this.#events.left(job, undefined);
    return false;
  }

  #send(jobs: readonly Job[]): void {
    const batch = new RemoteBatch(`${this.#parts.id}-${++this.#lastId}`, jobs);
    for (const [position, job] of jobs.entries()) {
      job.transitionTo('sent');
      job.batch = batch;
      job.position = position;
    }
    // In the books before arguments are read: their getters may cancel any job.
    this.#parts.batches.add(batch);
    const { payload, unsendable } = encodeJobs(jobs, this.#modules);
    if (payload === undefined) {
      this.#parts.ended(batch, unsendable);
      return;
    }
    batch.payload = payload;
    void this.add(batch);
  }

  /** May be repeated with the same batch, whose id counts its begins. */
  async add(batch: RemoteBatch): Promise<void> {
    const { payload } = batch;
    if (payload === undefined || batch.adding) return;
    batch.adding = true;
    const functions = [...new Set(batch.jobs.map(({ task }) => task.name))].slice(0, 8);
    try {
      const summary = { tasks: batch.jobs.length, functions };
      await this.#parts.transport.add({ id: batch.id, payload, summary });
      batch.acknowledged = true;
    } catch {
      // The batch may have been added; the heartbeat asks, and adds it again if not.
    }
    batch.adding = false;
  }
}
