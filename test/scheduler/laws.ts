import { expect, vi } from 'vitest';
import type { Job } from '../../src/scheduler/job/job.ts';
import type { ShutdownMode } from '../../src/scheduler/lifecycle.ts';
import type { SchedulerOptions } from '../../src/scheduler/scheduler-options.ts';
import type { TaskOptions } from '../../src/tasks/task-options.ts';
import type { Harness } from './harness.ts';
import { acting, uncloneable } from './fake-backend.ts';
import type { FakeWorker } from './fake-backend.ts';
import { makeTask } from './make-job.ts';
import { Readers } from './readers.ts';

/** One submission, and what was seen of it. */
interface Submission {
  readonly job: Job;
  settled: number;
  /** How the wait for a place ended; `nested`: nobody tells of one that a job has submitted. */
  entered: 'waiting' | 'admitted' | 'refused' | 'nested';
  /** Submitted when the executor was closed or closing already. */
  late: boolean;
}

type Bounds = Pick<SchedulerOptions, 'workers' | 'maxPending' | 'maxPendingBytes'>;
type Drive =
  | 'boot'
  | 'claim'
  | 'finish'
  | 'hold'
  | 'flush'
  | 'fail'
  | 'crash'
  | 'park'
  | 'hear'
  | 'endParked'
  | 'yield'
  | 'report';

/** A scheduler under test, with a record of everything that was submitted to it. */
export class Ground {
  readonly harness: Harness;
  readonly bounds: Bounds;
  readonly records: Submission[] = [];
  readonly admittedInLine: number[] = [];
  readonly readers: Readers;
  closed: Promise<void> | undefined;
  #inLine = 0;
  /** Threads that died with jobs which had waited in them, and may be run again: these take places whatever there are. */
  restarts = 0;
  readonly #controllers = [new AbortController(), new AbortController()];

  constructor(harness: Harness, bounds: Bounds) {
    this.harness = harness;
    this.bounds = bounds;
    const { scheduler } = harness;
    this.readers = new Readers(scheduler);
    const createJob = scheduler.createJob.bind(scheduler);
    scheduler.createJob = (...args) => {
      const job = createJob(...args);
      const late = scheduler.state !== 'open' && scheduler.state !== 'draining';
      const record: Submission = { job, settled: 0, entered: 'nested', late };
      this.records.push(record);
      if (job.done) record.settled++;
      else job.onSettled({ settled: () => void record.settled++ });
      return job;
    };
  }

  controller(index: number): AbortController {
    return this.#controllers[index] as AbortController;
  }

  submit(kind: 'submit' | 'trySubmit', from: TaskOptions, given: number | unknown[]): void {
    const { scheduler } = this.harness;
    const options = pick(from);
    const args = typeof given === 'object' ? given : given === 0 ? [] : [new Uint8Array(given)];
    const job = scheduler.createJob(makeTask(`f${this.records.length % 3}`, options, args), options);
    // A subscriber may have submitted others.
    const record = this.records.find((each) => each.job === job) as Submission;
    record.entered = 'waiting';
    record.late = scheduler.state !== 'open';
    if (options.signal?.aborted !== true && scheduler.tryAdmit(job)) record.entered = 'admitted';
    else if (kind === 'trySubmit') {
      record.entered = 'refused';
      scheduler.unadmitted.refuse(job, new Error('saturated'));
    } else {
      // One that a subscriber submits when this one has been handed in comes before it.
      const number = this.#inLine++;
      scheduler.line.wait(job).then(
        () => {
          record.entered = 'admitted';
          this.admittedInLine.push(number);
        },
        () => (record.entered = 'refused'),
      );
    }
  }

  cancel(at: number): void {
    const admitted = this.records.filter(
      ({ entered, job }) => entered === 'admitted' || (entered === 'nested' && job.status !== 'waiting'),
    );
    const record = admitted[at % admitted.length];
    if (record === undefined) return;
    const cancelled = this.harness.scheduler.cancel(record.job, 'cancelled', false);
    expect(cancelled).toBe(record.job.status === 'cancelled');
  }

  /** Any of them, with a reason whose getters do something. */
  cancelAny(at: number, act: () => void): void {
    const job = this.records[at % this.records.length]?.job;
    if (job === undefined) return;
    const cancelled = this.harness.scheduler.cancel(job, acting(act), at % 2 === 0);
    expect(cancelled).toBe(job.status === 'cancelled');
  }

  abort(at: number): void {
    const index = at % this.#controllers.length;
    this.controller(index).abort('aborted');
    this.#controllers[index] = new AbortController();
  }

  shutdown(mode: ShutdownMode): void {
    const closed = this.harness.scheduler.shutdown(mode);
    if (this.closed !== undefined) expect(closed).toBe(this.closed);
    this.closed = closed;
  }

  /** A running job submits one. */
  call(from: TaskOptions, bytes: number, at: number, tellAdmitted: boolean): void {
    const running = this.harness.backend.alive.filter((worker) => worker.running !== undefined);
    const worker = running[at % running.length];
    const args = bytes < 0 ? [uncloneable] : bytes === 0 ? [] : [new Uint8Array(bytes)];
    worker?.call(`f${this.records.length % 3}`, pick(from), args, tellAdmitted);
  }

  drive(kind: Drive, at: number): void {
    const able = this.harness.backend.alive.filter((worker) => isAble(worker, kind));
    const worker = able[at % able.length];
    if (worker === undefined) return;
    if (kind === 'crash') {
      this.restarts += worker.parents.filter(({ job }) => job.retriesLeft > 0).length;
      worker.end(1);
    } else if (worker.state === 'booting') worker.boot();
    else if (worker.state === 'up') act(worker, kind, at);
  }

  /** Lets everything end that can: threads that boot, tasks that run, threads that are being ended. */
  async finish(): Promise<void> {
    this.shutdown('drain');
    this.readers.finish();
    let over = false;
    void this.closed?.then(() => (over = true));
    // oxlint-disable-next-line no-unmodified-loop-condition -- settled by a promise
    for (let left = 1000; left > 0 && !over; left--) {
      let acted = false;
      for (const worker of this.harness.backend.alive) acted = moveOn(worker) || acted;
      // A worker that could not be started is tried again after a pause.
      if (!acted) vi.advanceTimersByTime(50);
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect(over, `it hangs:\n${this.harness.show()}`).toBe(true);
  }
}

/** False if there is nothing that this worker could do. */
export function moveOn(worker: FakeWorker): boolean {
  if (worker.state === 'booting') worker.boot();
  else if (worker.state === 'terminating') worker.end(0);
  else if (hear(worker)) return true;
  else if (worker.running !== undefined || worker.claim()) {
    // A job that has submitted some waits for them.
    if (!worker.park()) worker.finish();
  } else if (worker.batches.length > 0) worker.flush();
  else return false;
  return true;
}

function isAble({ canPark, canYield, parents }: FakeWorker, kind: Drive): boolean {
  if (kind === 'park') return canPark;
  if (kind === 'hear') return parents.some(({ inbox, state }) => inbox.length > 0 && state !== 'ready');
  if (kind === 'yield') return canYield;
  return kind !== 'endParked' || parents.some(({ state }) => state !== 'runs');
}

/** False if nothing has been told to a job of this worker. */
function hear(worker: FakeWorker, at = 0): boolean {
  const told = worker.parents.filter(({ inbox, state }) => inbox.length > 0 && state !== 'ready');
  const parent = told[at % told.length];
  if (parent !== undefined) worker.hear(parent);
  return parent !== undefined;
}

function act(worker: FakeWorker, kind: Exclude<Drive, 'crash'>, at: number): void {
  if (kind === 'hear') hear(worker, at);
  else if (kind === 'park') worker.park();
  else if (kind === 'yield') worker.yield();
  else if (kind === 'report') worker.report('a report');
  else if (kind === 'endParked') {
    const parked = worker.parents.filter(({ state }) => state !== 'runs');
    const parent = parked[at % parked.length];
    if (parent !== undefined) worker.endParked(parent);
  } else if (kind === 'claim' || kind === 'boot') worker.claim();
  else if (kind === 'flush') worker.flush();
  else if (worker.running !== undefined) {
    if (kind === 'fail') worker.fail('failed', { ms: 0.01 });
    else worker.finish('done', { ms: 0.01, hold: kind === 'hold' });
  }
}

function pick({ priority, retries, signal }: TaskOptions): TaskOptions {
  return signal === undefined ? { priority: priority ?? 0, retries: retries ?? 0 } : { signal };
}

function hasWork({ batches, parents }: FakeWorker): boolean {
  return batches.length > 0 || parents.some(({ state, inbox }) => state !== 'parked' || inbox.length > 0);
}

/** Laws 1 and 3 at this instant, whoever is called at it. */
export function books({ harness, bounds, records, restarts }: Ground): void {
  const stats = harness.scheduler.stats();
  const { workers, maxPending, maxPendingBytes } = bounds;
  const running = harness.backend.alive.filter((worker) => worker.running !== undefined);
  expect(running.length, 'threads at work').toBeLessThanOrEqual(workers);
  expect(stats.running).toBeLessThanOrEqual(workers);
  expect(stats.busy).toBeLessThanOrEqual(workers);
  expect(stats.threads).toBeLessThanOrEqual(workers);
  expect(harness.backend.alive.filter(({ running: job }) => job !== undefined).length).toBeLessThanOrEqual(
    stats.threads,
  );
  expect(stats.running + stats.pending).toBeLessThanOrEqual(workers + maxPending + restarts);
  expect(harness.scheduler.admission.placesTaken).toBeLessThanOrEqual(workers + maxPending + restarts);
  // Generators that wait for readers outside of tasks keep their places.
  const suspendedIterations = records.filter(
    ({ job }) => !job.done && job.nesting === 0 && job.asParent?.awaitsReader === true,
  );
  expect(stats.running + stats.pending + suspendedIterations.length).toBeLessThanOrEqual(
    workers + maxPending + restarts,
  );
  for (const [name, value] of Object.entries(stats)) {
    if (typeof value === 'number') expect(value, name).toBeGreaterThanOrEqual(0);
  }
  const holding = records.filter(({ job }) => job.holdsBytes && job.bytes > 0);
  if (holding.length > 1 && restarts === 0) expect(stats.pendingBytes).toBeLessThanOrEqual(maxPendingBytes);

  const { waiting, refused, pending, suspended, fulfilled, rejected, cancelled } = stats;
  const held = records.filter(({ job }) => job.status === 'queued' || job.status === 'sent');
  expect(pending + suspended + stats.running, 'pending').toBe(held.length);
  expect(waiting + refused + pending + suspended + stats.running + fulfilled + rejected + cancelled).toBe(
    stats.submitted,
  );
}

/** Laws 1 to 3 and 7, when everybody has been told. */
export function laws(ground: Ground): void {
  books(ground);
  const { harness, records, admittedInLine } = ground;
  const stats = harness.scheduler.stats();
  const { waiting, suspended } = stats;
  const running = harness.backend.alive.filter((worker) => worker.running !== undefined);
  expect(stats.submitted).toBe(records.length);
  expect(stats.busy, 'busy').toBeLessThanOrEqual(harness.backend.alive.filter(hasWork).length);
  expect(waiting).toBe(records.filter(({ job }) => job.status === 'waiting').length);
  const begun = running.filter((worker) => worker.running?.done === false);
  // One that has waited counts as running, or else as suspended, from the moment at which it has its place again.
  const waited = harness.backend.alive.flatMap(({ parents }) =>
    parents.filter(({ state }) => state !== 'runs'),
  );
  expect(stats.running, 'running').toBeGreaterThanOrEqual(begun.length);
  expect(stats.running + suspended, 'suspended').toBeLessThanOrEqual(begun.length + waited.length);

  for (const { job } of records) {
    const children = job.done ? [...(job.asParent?.children ?? [])] : [];
    // But for one whose result is on its way.
    expect(children.filter(({ status }) => status !== 'sent')).toEqual([]);
  }
  for (const { job } of begun.flatMap(({ parents }) => parents.filter(({ state }) => state === 'runs')))
    expect(job.asParent?.holdsPlace, `place of task ${job.id}`).toBe(true);

  const claims = new Map<Job, number>();
  for (const { ran } of harness.backend.workers)
    for (const job of ran) claims.set(job, (claims.get(job) ?? 0) + 1);
  for (const { job, settled, late, entered } of records) {
    expect(settled, `settlements of task ${job.id}`).toBe(job.done ? 1 : 0);
    const runs = claims.get(job) ?? 0;
    expect(runs, `runs of task ${job.id}`).toBeLessThanOrEqual(1 + (job.options.retries ?? 0));
    if (entered === 'refused' || late) expect(runs, `runs of refused task ${job.id}`).toBe(0);
  }
  expect(admittedInLine).toEqual(admittedInLine.toSorted((a, b) => a - b));
}

/** Everything has come to its end. */
export function over({ harness, records, readers }: Ground): void {
  expect(readers.unanswered, 'calls of next() that were not answered').toBe(0);
  for (const record of records) expect(record.settled, `task ${record.job.id}`).toBe(1);
  expect(harness.scheduler.admission).toMatchObject({ placesTaken: 0, bytesTaken: 0, waiting: 0 });
}
