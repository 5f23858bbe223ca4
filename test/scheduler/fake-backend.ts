import type {
  Claim,
  Delivery,
  Failure,
  SendOptions,
  LoopTimes,
  Worker,
  WorkerBackend,
  WorkerEvents,
} from '../../src/scheduler/dispatch/backend.ts';
import type { Job } from '../../src/scheduler/job/job.ts';
import type { TaskOptions } from '../../src/tasks/task-options.ts';
import { makeTask } from './make-job.ts';

/** An argument that can't be cloned, as far as the fake backend is concerned. */
export const uncloneable = (): void => {};

/** An argument with a getter that does this when the task is sent. */
export const acting = (act: () => void): object => ({
  get acts() {
    act();
    return 1;
  },
});

/** Deliveries that a fake worker holds at the most, as many as a real one. */
const room = 5;

/** Workers that do nothing but what the test tells them to. */
export class FakeBackend implements WorkerBackend<Job> {
  readonly workers: FakeWorker[] = [];

  /** What users have put where it is run: getters of what threads start with, of reasons and of results. */
  acts: () => void = () => {};

  start(events: WorkerEvents<Job>): FakeWorker {
    this.acts();
    const worker = new FakeWorker(this.workers.length, events, () => this.acts());
    this.workers.push(worker);
    return worker;
  }

  /** Those whose thread has not ended. */
  get alive(): FakeWorker[] {
    return this.workers.filter((worker) => worker.state !== 'ended');
  }

  worker(index: number): FakeWorker {
    const worker = this.workers[index];
    if (worker === undefined) throw new Error(`no worker ${index} was started`);
    return worker;
  }

  boot(): void {
    for (const worker of this.workers) if (worker.state === 'booting') worker.boot();
  }
}

class FakeDelivery implements Delivery<Job> {
  readonly jobs: readonly Job[];
  answered = 0;
  taken = 0;
  brief = false;
  readonly claims: Claim[];
  hasWorker = true;
  readonly stopping = new Set<number>();
  readonly times: [start: number, end: number][] = [];

  announce = false;
  eager = false;

  readonly tellToStop: () => void;

  constructor(jobs: readonly Job[], tellToStop: () => void) {
    this.jobs = jobs;
    this.tellToStop = tellToStop;
    this.claims = jobs.map(() => 'sent');
  }

  claim(position: number): Claim {
    const claim = this.claims[position] ?? 'finished';
    return claim;
  }

  takeBack(position: number): boolean {
    if (this.claims[position] !== 'sent') return false;
    this.claims[position] = 'taken';
    return true;
  }

  askToStop(position: number): boolean {
    if (this.claims[position] !== 'running' || this.stopping.has(position)) return false;
    this.stopping.add(position);
    return true;
  }

  startedAt(position: number): number {
    return this.times[position]?.[0] ?? Number.NaN;
  }

  endedAt(position: number): number {
    return this.times[position]?.[1] ?? Number.NaN;
  }
}

/** A job that submits jobs of its own, as its worker sees it. */
class FakeParent {
  readonly job: Job;
  /** Where it stands: the second one once it has waited. */
  delivery: FakeDelivery;
  position: number;
  state: 'runs' | 'parked' | 'ready' = 'runs';
  /** Calls that it has not been told the end of. */
  readonly open = new Set<object>();
  /** How often it has been told, and what is still on its way. */
  seen = 0;
  readonly inbox: { readonly call: object; readonly isEnd: boolean }[] = [];

  constructor(job: Job, delivery: FakeDelivery, position: number) {
    this.job = job;
    this.delivery = delivery;
    this.position = position;
  }
}

export class FakeWorker implements Worker<Job> {
  readonly index: number;
  readonly #events: WorkerEvents<Job>;
  readonly #acts: () => void;
  state: 'booting' | 'up' | 'terminating' | 'ended' = 'booting';
  /** Received and not through yet, oldest first. */
  readonly deliveries: FakeDelivery[] = [];
  /** Not released. */
  readonly held = new Set<Delivery<Job>>();
  #values: unknown[] = [];
  #failures: Failure[] = [];
  /** Every job that this worker has claimed. */
  readonly ran: Job[] = [];
  /** Those that have submitted jobs and have not ended. */
  readonly parents: FakeParent[] = [];

  constructor(index: number, events: WorkerEvents<Job>, acts: () => void) {
    this.index = index;
    this.#events = events;
    this.#acts = acts;
  }

  get canSend(): boolean {
    return this.state === 'up' && this.held.size < room;
  }

  deliver(jobs: readonly Job[]): Delivery<Job> {
    if (!this.canSend) throw new Error('internal: sent to a worker that has no room');
    const delivery = new FakeDelivery(jobs, this.#acts);
    this.held.add(delivery);
    return delivery;
  }

  send(delivery: FakeDelivery, { announce, eager }: SendOptions): void {
    const args = delivery.jobs.flatMap(({ task }) => task.args);
    for (const arg of args) if (typeof arg === 'object' && arg !== null) Object.values(arg);
    if (args.includes(uncloneable)) throw new DOMException('could not be cloned', 'DataCloneError');
    Object.assign(delivery, { announce, eager });
    this.deliveries.push(delivery);
  }

  /** What is not read any more says nothing true. */
  release(delivery: FakeDelivery): void {
    this.held.delete(delivery);
    delivery.times.length = 0;
  }

  leave(): void {
    this.terminate();
  }

  loopTimes(): LoopTimes {
    return { activeMs: 0, idleMs: 0 };
  }

  terminate(): void {
    if (this.state !== 'ended') this.state = 'terminating';
  }

  boot(): void {
    this.state = 'up';
    this.#events.ready();
  }

  /** The job that is running, if any. */
  get running(): Job | undefined {
    const delivery = this.deliveries[0];
    return this.#resumed?.job ?? delivery?.jobs[delivery.claims.indexOf('running')];
  }

  /** The one that has waited and has the thread again. */
  get #resumed(): FakeParent | undefined {
    return this.parents.find(
      ({ state, delivery }) => state === 'runs' && !this.deliveries.includes(delivery),
    );
  }

  get #runningParent(): FakeParent | undefined {
    const job = this.running;
    return job && this.parents.find((parent) => parent.job === job);
  }

  /** Has the running job submitted some that it could wait for? */
  get canPark(): boolean {
    return (this.#runningParent?.open.size ?? 0) > 0;
  }

  /** Claims the next job: what was taken back is skipped. False if there is none, or one is running. */
  claim(): boolean {
    if (this.running !== undefined) return false;
    const ready = this.parents.find(({ state }) => state === 'ready');
    if (ready !== undefined) {
      ready.state = 'runs';
      ready.delivery.hasWorker = true;
      this.hear(ready);
      return true;
    }
    this.#skip();
    const delivery = this.deliveries[0];
    const position = delivery?.claims.indexOf('sent') ?? -1;
    if (delivery === undefined || position < 0) return false;
    delivery.claims[position] = 'running';
    // Whole 1024ths of a millisecond: sums and differences of them are exact.
    delivery.times[position] = [Math.ceil(performance.now() * 1024) / 1024, 0];
    this.ran.push(delivery.jobs[position] as Job);
    if (delivery.announce && position === 0) this.#events.began(delivery);
    return true;
  }

  /** The running job submits one. */
  call(name: string, options: TaskOptions, args: unknown[], tellAdmitted: boolean): void {
    const job = this.running;
    const delivery = this.deliveries[0];
    if (job === undefined) throw new Error(`worker ${this.index} runs nothing`);
    let parent = this.#runningParent;
    if (parent === undefined) {
      parent = new FakeParent(job, delivery as FakeDelivery, (delivery as FakeDelivery).jobs.indexOf(job));
      this.parents.push(parent);
    }
    const { inbox, open } = parent;
    const call = {};
    open.add(call);
    this.#events.called(parent.delivery, parent.position, makeTask(name, options, args), options, {
      admitted: tellAdmitted ? () => inbox.push({ call, isEnd: false }) : undefined,
      settled: () => {
        this.#acts();
        inbox.push({ call, isEnd: true });
      },
    });
  }

  /** The running job waits for those that it has submitted. False if there are none. */
  park(): boolean {
    const parent = this.#runningParent;
    if (parent === undefined || !this.canPark) return false;
    parent.state = 'parked';
    if (this.deliveries.includes(parent.delivery)) {
      const { delivery, position } = parent;
      const own = new FakeDelivery([parent.job], this.#acts);
      own.claims[0] = 'running';
      own.times[0] = delivery.times[position] as [number, number];
      delivery.claims[position] = 'moved';
      parent.delivery = own;
      parent.position = 0;
      this.#events.parked(delivery, position, own);
    }
    parent.delivery.hasWorker = false;
    this.#events.waits(parent.delivery, parent.seen);
    this.#skip();
    return true;
  }

  /** What it was told arrives. One that waits is ready then, and goes on as soon as nothing else runs. */
  hear(parent: FakeParent): void {
    if (parent.inbox.length === 0) return;
    if (parent.state !== 'runs') {
      parent.state = 'ready';
      return;
    }
    for (const { call, isEnd } of parent.inbox.splice(0)) {
      if (parent.open.has(call)) parent.seen++;
      if (isEnd) parent.open.delete(call);
    }
  }

  /** One that waits ends by itself: something else that it waited for has come. */
  endParked(parent: FakeParent): void {
    const { delivery } = parent;
    delivery.claims[0] = 'finished';
    delivery.times[0] = [delivery.startedAt(0), delivery.startedAt(0) + 10];
    this.parents.splice(this.parents.indexOf(parent), 1);
    this.#events.answered(delivery, ['done'], [], true);
  }

  /** The oldest delivery that was not begun can't be read. */
  unread(reason: unknown): void {
    const delivery = this.deliveries.find(({ claims }) => claims.every((claim) => claim === 'sent'));
    if (delivery === undefined) throw new Error(`worker ${this.index} has nothing that it has not begun`);
    this.deliveries.splice(this.deliveries.indexOf(delivery), 1);
    this.#events.unread(delivery, reason);
  }

  /** Ends the running job, after so many milliseconds; `hold` keeps the result back. Claims first if nothing runs. */
  finish(value: unknown = 'done', { ms = 10, hold = false } = {}): void {
    this.#end(value, undefined, ms, hold);
  }

  fail(reason: unknown, { ms = 10 } = {}): void {
    this.#end(undefined, { reason }, ms, false);
  }

  /** Sends what has ended and was kept back. */
  flush(): void {
    const delivery = this.deliveries[0];
    if (delivery === undefined) return;
    const last = delivery.claims.every((claim) => claim !== 'sent' && claim !== 'running');
    this.#answer(delivery, last);
  }

  /** The thread ends. What was not answered is for the scheduler to sort out. */
  end(exitCode: number | undefined = 1, cause?: unknown): void {
    this.state = 'ended';
    this.deliveries.length = 0;
    this.parents.length = 0;
    this.#events.ended(exitCode, cause);
  }

  #end(value: unknown, failure: { reason: unknown } | undefined, ms: number, hold: boolean): void {
    if (this.running === undefined && !this.claim())
      throw new Error(`worker ${this.index} has nothing to run`);
    const resumed = this.#resumed;
    const parent = this.#runningParent;
    if (parent !== undefined) this.parents.splice(this.parents.indexOf(parent), 1);
    if (resumed !== undefined) {
      const { delivery: own } = resumed;
      own.claims[0] = 'finished';
      own.times[0] = [own.startedAt(0), own.startedAt(0) + ms];
      this.#events.answered(own, [value], failure === undefined ? [] : [[0, failure.reason]], true);
      return;
    }
    const delivery = this.deliveries[0] as FakeDelivery;
    const position = delivery.claims.indexOf('running');
    delivery.claims[position] = 'finished';
    delivery.times[position] = [delivery.startedAt(position), delivery.startedAt(position) + ms];
    // What was taken back before this one was skipped, and counts as answered with it.
    while (delivery.answered + this.#values.length < position) this.#values.push(undefined);
    this.#values.push(value);
    if (failure !== undefined) this.#failures.push([position, failure.reason]);
    if (!hold) this.flush();
  }

  /** Deliveries whose jobs were all taken back are answered without anything being run. */
  #skip(): void {
    for (let delivery = this.deliveries[0]; delivery !== undefined; delivery = this.deliveries[0]) {
      if (delivery.claims.some((claim) => claim === 'sent' || claim === 'running')) return;
      this.#answer(delivery, true);
    }
  }

  #answer(delivery: FakeDelivery, last: boolean): void {
    if (last)
      while (delivery.answered + this.#values.length < delivery.jobs.length) this.#values.push(undefined);
    const [values, failures] = [this.#values, this.#failures];
    this.#values = [];
    this.#failures = [];
    if (last) this.deliveries.shift();
    this.#events.answered(delivery, values, failures, last);
  }
}
