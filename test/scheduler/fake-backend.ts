import type {
  Claim,
  Batch,
  Failure,
  SendOptions,
  LoopTimes,
  Worker,
  WorkerBackend,
  WorkerEvents,
} from '../../src/scheduler/dispatch/backend.ts';
import { Credits } from '../../src/base/credits.ts';
import { workerLimits } from '../../src/pool/wire/worker-limits.ts';
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

/** Batches that a fake worker holds at the most, as many as a real one. */
const room = workerLimits.maxBatches + 1;

/** Workers that do nothing but what the test tells them to. */
export class FakeBackend implements WorkerBackend<Job> {
  readonly limits = workerLimits;
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

class FakeDelivery implements Batch<Job> {
  readonly jobs: readonly Job[];
  answered = 0;
  taken = 0;
  someLeft = false;
  brief = false;
  place = -1;
  sentAt = 0;
  readonly claims: Claim[];
  hasWorker = true;
  readonly stopping = new Set<number>();
  readonly times: [start: number, end: number][] = [];

  announce = false;
  holdMs = NaN;

  tellToStop: () => void;

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

  readonly readerMs = 0;
  readOn(): void {
    this.readsOn();
  }
  /** The generator that is alone in it is told that its reader has read. */
  readsOn: () => void = () => {};

  startedAt(position: number): number {
    return this.times[position]?.[0] ?? Number.NaN;
  }

  endedAt(position: number): number {
    return this.times[position]?.[1] ?? Number.NaN;
  }
}

/** A job that submits jobs of its own, or yields items, as its worker sees it. */
class FakeParent {
  readonly job: Job;
  /** Where it stands: the second one once it has waited. */
  batch: FakeDelivery;
  position: number;
  state: 'runs' | 'parked' | 'ready' = 'runs';
  /** Calls that it has not been told the end of. */
  readonly open = new Set<object>();
  /** How often it has been told, and what is still on its way. */
  seen = 0;
  readonly inbox: { readonly call: object | 'read' | 'stop'; readonly isEnd: boolean }[] = [];
  /** Of a generator that is read as it yields. */
  readonly credits: Credits | null;
  yielded = 0;

  constructor(job: Job, batch: FakeDelivery, position: number) {
    this.job = job;
    this.batch = batch;
    this.position = position;
    this.credits = job.flow === null ? null : new Credits(job.flow.credits);
    this.credits?.open();
  }

  /** May it go on, for all that its reader has read? */
  get hasCredit(): boolean {
    const { credits, job } = this;
    return credits === null || credits.unread(this.yielded) < (job.flow?.window ?? 0);
  }

  get isStopping(): boolean {
    return this.batch.stopping.has(this.position);
  }
}

export class FakeWorker implements Worker<Job> {
  readonly index: number;
  readonly #events: WorkerEvents<Job>;
  readonly #acts: () => void;
  state: 'booting' | 'up' | 'terminating' | 'ended' = 'booting';
  /** Received and not through yet, oldest first. */
  readonly batches: FakeDelivery[] = [];
  /** Not released. */
  readonly held = new Set<Batch<Job>>();
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

  get threadId(): number {
    return this.index + 1;
  }

  get canSend(): boolean {
    return this.state === 'up' && this.held.size < room;
  }

  deliver(jobs: readonly Job[]): Batch<Job> {
    if (!this.canSend) throw new Error('internal: sent to a worker that has no room');
    const batch = new FakeDelivery(jobs, this.#acts);
    this.held.add(batch);
    return batch;
  }

  send(batch: FakeDelivery, { announce, holdMs }: SendOptions): void {
    const args = batch.jobs.flatMap(({ task }) => task.args);
    for (const arg of args) if (typeof arg === 'object' && arg !== null) Object.values(arg);
    if (args.includes(uncloneable)) throw new DOMException('could not be cloned', 'DataCloneError');
    Object.assign(batch, { announce, holdMs });
    this.batches.push(batch);
  }

  keepAlive(): void {}

  /** What is not read any more says nothing true. */
  release(batch: FakeDelivery): void {
    this.held.delete(batch);
    batch.times.length = 0;
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
    const batch = this.batches[0];
    return this.#resumed?.job ?? batch?.jobs[batch.claims.indexOf('running')];
  }

  /** The one that has waited and has the thread again. */
  get #resumed(): FakeParent | undefined {
    return this.parents.find(({ state, batch }) => state === 'runs' && !this.batches.includes(batch));
  }

  get #runningParent(): FakeParent | undefined {
    const job = this.running;
    return job && this.parents.find((parent) => parent.job === job);
  }

  /** Has the running job submitted some that it could wait for, or does it need its reader to go on? */
  get canPark(): boolean {
    const parent = this.#runningParent;
    return parent !== undefined && (parent.open.size > 0 || (!parent.hasCredit && !parent.isStopping));
  }

  get canYield(): boolean {
    const parent = this.#runningParent;
    return parent?.credits != null && parent.hasCredit && !parent.isStopping;
  }

  /** Claims the next job: what was taken back is skipped. False if there is none, or one is running. */
  claim(): boolean {
    if (this.running !== undefined) return false;
    const ready = this.parents.find(({ state }) => state === 'ready');
    if (ready !== undefined) {
      ready.state = 'runs';
      ready.batch.hasWorker = true;
      this.hear(ready);
      return true;
    }
    this.#skip();
    const batch = this.batches[0];
    const position = batch?.claims.indexOf('sent') ?? -1;
    if (batch === undefined || position < 0) return false;
    batch.claims[position] = 'running';
    // Whole 1024ths of a millisecond: sums and differences of them are exact.
    batch.times[position] = [Math.ceil(performance.now() * 1024) / 1024, 0];
    const job = batch.jobs[position] as Job;
    this.ran.push(job);
    // A function of which it is not known whether it is a generator is none here.
    if (job.flow?.isGenerator === true) this.#open(new FakeParent(job, batch, position));
    if (batch.announce && position === 0) this.#events.began(batch);
    return true;
  }

  /** The running job is a generator, and yields. */
  yield(): void {
    const parent = this.#runningParent;
    if (parent === undefined || !this.canYield) return;
    if (parent.yielded++ === 0) parent.credits?.yields();
    this.#events.yielded(parent.batch, [parent.yielded]);
  }

  /** The running job tells how far it is. */
  report(value: unknown): void {
    const job = this.running;
    if (job === undefined) return;
    const parent = this.#runningParent;
    const batch = parent?.batch ?? this.batches[0];
    if (batch !== undefined) this.#events.reported(batch, batch.jobs.indexOf(job), value);
  }

  #open(parent: FakeParent): void {
    this.parents.push(parent);
    this.#reach(parent);
  }

  /** What its batch is told reaches it. */
  #reach(parent: FakeParent): void {
    const { batch, inbox } = parent;
    batch.readsOn = () => inbox.push({ call: 'read', isEnd: false });
    batch.tellToStop = () => {
      this.#acts();
      // One that waits for its reader goes on to its end.
      if (parent.state !== 'runs') inbox.push({ call: 'stop', isEnd: false });
    };
  }

  /** The running job submits one. */
  call(name: string, options: TaskOptions, args: unknown[], tellAdmitted: boolean): void {
    const job = this.running;
    const batch = this.batches[0];
    if (job === undefined) throw new Error(`worker ${this.index} runs nothing`);
    let parent = this.#runningParent;
    if (parent === undefined) {
      parent = new FakeParent(job, batch as FakeDelivery, (batch as FakeDelivery).jobs.indexOf(job));
      this.parents.push(parent);
    }
    const { inbox, open } = parent;
    const call = {};
    open.add(call);
    this.#events.called(parent.batch, parent.position, makeTask(name, options, args), options, {
      flow: null,
      sources: [],
      items() {},
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
    const { credits, yielded, job } = parent;
    const reader = !parent.hasCredit && !parent.isStopping;
    // Its reader may read at this very moment.
    if (reader && credits?.waitFor(yielded - ((job.flow?.window ?? 0) >> 1)) !== true) return false;
    parent.state = 'parked';
    if (this.batches.includes(parent.batch)) {
      const { batch, position } = parent;
      const own = new FakeDelivery([parent.job], this.#acts);
      own.claims[0] = 'running';
      own.times[0] = batch.times[position] as [number, number];
      batch.claims[position] = 'moved';
      if (parent.isStopping) own.stopping.add(0);
      parent.batch = own;
      parent.position = 0;
      if (credits !== null) this.#reach(parent);
      this.#events.parked(batch, position, own);
    }
    parent.batch.hasWorker = false;
    this.#events.waits(parent.batch, parent.seen, reader ? 'reader' : 'calls');
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
      if (typeof call === 'object' ? parent.open.has(call) : call === 'read') parent.seen++;
      if (isEnd) parent.open.delete(call as object);
      parent.credits?.stopWaiting();
    }
  }

  /** One that waits ends by itself: something else that it waited for has come. */
  endParked(parent: FakeParent): void {
    const { batch } = parent;
    batch.claims[0] = 'finished';
    batch.times[0] = [batch.startedAt(0), batch.startedAt(0) + 10];
    this.parents.splice(this.parents.indexOf(parent), 1);
    this.#events.answered(batch, ['done'], [], true);
  }

  /** The oldest batch that was not begun can't be read. */
  unread(reason: unknown): void {
    const batch = this.batches.find(({ claims }) => claims.every((claim) => claim === 'sent'));
    if (batch === undefined) throw new Error(`worker ${this.index} has nothing that it has not begun`);
    this.batches.splice(this.batches.indexOf(batch), 1);
    this.#events.unread(batch, reason);
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
    const batch = this.batches[0];
    if (batch === undefined) return;
    const last = batch.claims.every((claim) => claim !== 'sent' && claim !== 'running');
    this.#answer(batch, last);
  }

  /** The thread ends. What was not answered is for the scheduler to sort out. */
  end(exitCode: number | undefined = 1, cause?: unknown): void {
    this.state = 'ended';
    this.batches.length = 0;
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
      const { batch: own } = resumed;
      own.claims[0] = 'finished';
      own.times[0] = [own.startedAt(0), own.startedAt(0) + ms];
      this.#events.answered(own, [value], failure === undefined ? [] : [[0, failure.reason]], true);
      return;
    }
    const batch = this.batches[0] as FakeDelivery;
    const position = batch.claims.indexOf('running');
    batch.claims[position] = 'finished';
    batch.times[position] = [batch.startedAt(position), batch.startedAt(position) + ms];
    // What was taken back before this one was skipped, and counts as answered with it.
    while (batch.answered + this.#values.length < position) this.#values.push(undefined);
    this.#values.push(value);
    if (failure !== undefined) this.#failures.push([position, failure.reason]);
    if (!hold) this.flush();
  }

  /** Batches whose jobs were all taken back are answered without anything being run. */
  #skip(): void {
    for (let batch = this.batches[0]; batch !== undefined; batch = this.batches[0]) {
      if (batch.claims.some((claim) => claim === 'sent' || claim === 'running')) return;
      this.#answer(batch, true);
    }
  }

  #answer(batch: FakeDelivery, last: boolean): void {
    if (last) while (batch.answered + this.#values.length < batch.jobs.length) this.#values.push(undefined);
    const [values, failures] = [this.#values, this.#failures];
    this.#values = [];
    this.#failures = [];
    if (last) this.batches.shift();
    this.#events.answered(batch, values, failures, last);
  }
}
