import fc from '../support/fast-check.ts';
import { expect, test } from 'vitest';
import type { Future } from '../../src/scheduler/job/future.ts';
import { Future as Futures } from '../../src/scheduler/job/future.ts';
import type { Job } from '../../src/scheduler/job/job.ts';
import type { TaskStream } from '../../src/executor/task-stream.ts';
import type { Task } from '../../src/tasks/task.ts';
import { Feed } from '../support/feed.ts';
import type { Each } from '../support/each.ts';
import { Harness } from '../scheduler/harness.ts';
import { moveOn } from '../scheduler/laws.ts';
import { makeTask } from '../scheduler/make-job.ts';

/** What may happen; each index is taken modulo what there is at that moment. */
type Event =
  | Each<'submit' | 'put', { bytes: number; at: number }>
  | Each<'open', { sizes: number[]; window: number; lazy: boolean }>
  | Each<'read' | 'leave' | 'work', { at: number }>
  | Each<'abort' | 'tick' | 'shutdown'>;

const at = fc.nat(20);
const bytes = fc.constantFrom(0, 10, 60, 100, 150);
const just = <K extends string>(...kinds: K[]) => fc.constantFrom(...kinds);
const events: fc.Arbitrary<Event[]> = fc.array(
  fc.oneof(
    { weight: 4, arbitrary: fc.record({ kind: just('submit', 'put', 'put'), bytes, at }) },
    {
      weight: 3,
      arbitrary: fc.record({
        kind: just('open'),
        sizes: fc.array(bytes, { maxLength: 6 }),
        window: fc.integer({ min: 1, max: 4 }),
        lazy: fc.boolean(),
      }),
    },
    { weight: 12, arbitrary: fc.record({ kind: just('read', 'read', 'work', 'work', 'work', 'leave'), at }) },
    { weight: 6, arbitrary: fc.record({ kind: just('tick', 'tick', 'tick', 'tick', 'abort') }) },
    { weight: 1, arbitrary: fc.record({ kind: just('shutdown') }) },
  ),
  { maxLength: 60, size: 'max' },
);

/** A stream, and what its reader has seen of it. */
class Reader {
  readonly stream: TaskStream<Future<unknown>>;
  readonly channel: Feed<Task<unknown>> | null;
  readonly window: number;
  readonly pulled: Task<unknown>[] = [];
  readonly read: Job[] = [];
  asked = 0;
  answered = 0;

  constructor(harness: Harness, tasks: Task<unknown>[], window: number, lazy: boolean) {
    this.window = window;
    this.channel = lazy ? new Feed() : null;
    for (const task of tasks) this.channel?.put(task);
    this.stream = harness.stream(this.channel ?? this.#each(tasks), { window });
  }

  next(): void {
    this.asked++;
    this.stream.next().then(
      ({ value }) => {
        this.answered++;
        if (value !== undefined) this.read.push(Futures.jobOf(value));
      },
      () => this.answered++,
    );
  }

  leave(): void {
    void this.stream.return();
  }

  *#each(tasks: Task<unknown>[]) {
    for (const task of tasks) {
      this.pulled.push(task);
      yield task;
    }
  }
}

class Ground {
  readonly harness: Harness;
  readonly readers: Reader[] = [];
  readonly #controller = new AbortController();
  #tasks = 0;

  constructor(harness: Harness) {
    this.harness = harness;
  }

  task(size: number): Task<unknown> {
    const label = `task ${this.#tasks++}`;
    const options = this.#tasks % 3 === 0 ? { label, signal: this.#controller.signal } : { label };
    return makeTask('work', options, size === 0 ? [] : [new Uint8Array(size)]);
  }

  async play(event: Event): Promise<void> {
    const { harness, readers } = this;
    if (event.kind === 'submit') {
      const task = this.task(event.bytes);
      const job = harness.scheduler.createJob(task, task.options);
      if (!harness.scheduler.tryAdmit(job)) harness.scheduler.line.wait(job).catch(() => {});
    } else if (event.kind === 'open') {
      const tasks = event.sizes.map((size) => this.task(size));
      readers.push(new Reader(harness, tasks, event.window, event.lazy));
    } else if (event.kind === 'tick') await harness.tick();
    else if (event.kind === 'abort') this.#controller.abort('aborted');
    else if (event.kind === 'shutdown') void harness.scheduler.shutdown('drain');
    else if (event.kind === 'work') {
      const { alive } = harness.backend;
      const worker = alive[event.at % alive.length];
      if (worker !== undefined) moveOn(worker);
    } else {
      const reader = readers[event.at % readers.length];
      if (event.kind === 'read') reader?.next();
      else if (event.kind === 'leave') reader?.leave();
      else reader?.channel?.put(this.task(event.bytes));
    }
  }

  /** Lets everything happen that needs no more events. */
  async settle(): Promise<void> {
    for (let acted = true; acted; ) {
      await this.harness.tick();
      acted = false;
      for (const worker of this.harness.backend.alive) acted = moveOn(worker) || acted;
    }
  }
}

/** What must hold when nothing is about to happen by itself. */
function laws({ harness, readers }: Ground): void {
  const { scheduler } = harness;
  const stats = scheduler.stats();
  const jobs = [...harness.jobs.values()];
  const admitted = jobs.filter(({ status }) => status === 'queued' || status === 'sent');
  expect(scheduler.admission.placesTaken, 'only tasks hold places').toBe(admitted.length);
  expect(stats.waiting).toBe(jobs.filter(({ status }) => status === 'waiting').length);
  const { submitted, waiting, refused, pending, running, fulfilled, rejected, cancelled } = stats;
  expect(waiting + refused + pending + running + fulfilled + rejected + cancelled).toBe(submitted);
  for (const { read, pulled, window } of readers) {
    expect(new Set(read).size, 'read once').toBe(read.length);
    expect(pulled.length - read.length, 'window').toBeLessThanOrEqual(window);
  }
}

const bounds = fc.record({
  workers: fc.integer({ min: 1, max: 2 }),
  maxPending: fc.integer({ min: 0, max: 2 }),
  maxPendingBytes: fc.constant(100),
});

test('streams and callers, sources that give nothing and readers who leave: nobody waits for what is not used', async () => {
  await fc.assert(
    fc.asyncProperty(bounds, events, async (options, script) => {
      const ground = new Ground(new Harness(options));
      const { harness, readers } = ground;
      for (const event of script) {
        await ground.play(event);
        if (event.kind === 'tick') laws(ground);
      }
      await ground.settle();
      laws(ground);
      expect(harness.scheduler.admission, harness.show()).toMatchObject({ placesTaken: 0, waiting: 0 });
      void harness.scheduler.shutdown('drain');
      await ground.settle();
      for (const job of harness.jobs.values()) expect(job.done, job.label).toBe(true);
      for (const { asked, answered, read } of readers) {
        expect(answered, 'nobody is left without an answer').toBe(asked);
        // What was never admitted because of the shutdown is not yielded.
        for (const job of read)
          expect((job.value as Error | undefined)?.name).not.toBe('ExecutorClosedError');
      }
    }),
    { numRuns: 300 },
  );
});
