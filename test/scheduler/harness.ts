import type { Claim } from '../../src/scheduler/dispatch/backend.ts';
import { localEngine } from '../../src/scheduler/dispatch/dispatcher.ts';
import type { Job } from '../../src/scheduler/job/job.ts';
import type { Future } from '../../src/scheduler/job/future.ts';
import { Scheduler } from '../../src/scheduler/scheduler.ts';
import type { SchedulerOptions } from '../../src/scheduler/scheduler-options.ts';
import { convertSource } from '../../src/executor/convert-source.ts';
import { readFuture } from '../../src/executor/read-job.ts';
import type { Source } from '../../src/base/source.ts';
import { TaskStream } from '../../src/executor/task-stream.ts';
import type { Task } from '../../src/tasks/task.ts';
import type { TaskOptions } from '../../src/tasks/task-options.ts';
import { FakeBackend } from './fake-backend.ts';
import type { FakeWorker } from './fake-backend.ts';
import { makeTask } from './make-job.ts';

export type HarnessOptions = Partial<SchedulerOptions & { readonly cores: number }>;

const defaults: Omit<SchedulerOptions, 'minWorkers'> = {
  name: 'test',
  executorId: 1,
  workers: 2,
  maxPending: 100,
  maxPendingBytes: 1000,
  maxWaiting: Infinity,
  maxTasksPerWorker: Infinity,
  idleTimeoutMs: Infinity,
  interruptGraceMs: 100,
  onUnobservedError: () => {},
};

const signs = { sent: '', running: '*', moved: '…', finished: '+', taken: '-' };

/** A scheduler with fake workers, and its state in a few lines. */
export class Harness {
  readonly backend = new FakeBackend();
  readonly scheduler: Scheduler;
  readonly jobs = new Map<string, Job>();

  /** All workers start at once, unless `minWorkers` is given. */
  constructor(options: HarnessOptions = {}) {
    const bounds = { ...defaults, ...options };
    const later = (ms: number, call: () => void) => void setTimeout(call, ms);
    const all = { minWorkers: bounds.workers, cores: Infinity, later, ...bounds };
    this.scheduler = new Scheduler(localEngine(this.backend, all), all);
    const createJob = this.scheduler.createJob.bind(this.scheduler);
    this.scheduler.createJob = (...args) => {
      const job = createJob(...args);
      this.jobs.set(job.label, job);
      return job;
    };
  }

  /** With workers that are up. */
  static booted(options: HarnessOptions = {}): Harness {
    const harness = new Harness(options);
    harness.backend.boot();
    return harness;
  }

  /** Submits tasks by their names, one letter each. Those without a place wait in line. */
  submit(names: string, options: TaskOptions = {}, args: unknown[] = []): void {
    for (const name of names) {
      const job = this.scheduler.createJob(makeTask(name, { label: name, ...options }, args), {
        label: name,
        ...options,
      });
      if (!this.scheduler.tryAdmit(job)) this.scheduler.line.wait(job).catch(() => {});
    }
  }

  /** A stream over a source, as `asCompleted` makes it; its window is the capacity unless it is given. */
  stream(
    source: Source<Task<unknown>>,
    { window = this.scheduler.admission.capacity } = {},
  ): TaskStream<Future<unknown>> {
    const opened = convertSource(source, (task) => task);
    return new TaskStream(this.scheduler, opened, {
      kind: 'asCompleted',
      order: 'completed',
      window,
      read: readFuture,
      signal: undefined,
    });
  }

  job(name: string): Job {
    const job = this.jobs.get(name);
    if (job === undefined) throw new Error(`${name} was never submitted`);
    return job;
  }

  cancel(name: string, reason: unknown = 'cancelled', interrupt = false): boolean {
    return this.scheduler.cancel(this.job(name), reason, interrupt);
  }

  worker(index: number): FakeWorker {
    return this.backend.worker(index);
  }

  /** Lets top-ups and stealing happen. */
  async tick(): Promise<void> {
    for (let left = 3; left > 0; left--) await new Promise((resolve) => setImmediate(resolve));
  }

  /**
   * One line per worker that is alive: its batches, with `*` running, `…` left for one of its own, `+` finished and not answered, `-` taken back.
   * Then what is queued, what waits, and what has settled.
   */
  show(): string {
    const lines = this.backend.alive.map(({ index, state, batches }) => {
      const text = batches.map(
        ({ jobs, claims }) =>
          `[${jobs.map(({ label }, at) => label + signs[claims[at] as Claim]).join(' ')}]`,
      );
      return [`worker ${index}${state === 'up' ? '' : ` (${state})`}:`, ...text].join(' ');
    });
    const named = (wanted: (job: Job) => boolean) =>
      [...this.jobs].filter(([, job]) => wanted(job)).map(([name]) => name);
    const queued = named(({ status }) => status === 'queued');
    const waiting = named(({ status }) => status === 'waiting');
    if (queued.length > 0) lines.push(`queued: ${queued.join(' ')}`);
    if (waiting.length > 0) lines.push(`waiting: ${waiting.join(' ')}`);
    for (const status of ['fulfilled', 'rejected', 'cancelled'] as const) {
      const ended = named((job) => job.status === status);
      const text = ended.map((name) =>
        status === 'fulfilled' ? name : `${name} (${reason(this.job(name))})`,
      );
      if (text.length > 0) lines.push(`${status}: ${text.join(', ')}`);
    }
    return lines.join('\n');
  }
}

function reason({ value }: Job): string {
  if (!(value instanceof Error)) return String(value);
  const finished = (value as { finished?: boolean }).finished === true ? ', finished' : '';
  return value.name + finished;
}
