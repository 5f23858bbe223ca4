import fc from '../../support/fast-check.ts';
import { expect, test } from 'vitest';
import { pipeTasks } from '../../../src/executor/flat-map.ts';
import { duplex } from '../../../src/executor/duplex.ts';
import { webStream } from '../../../src/executor/web-stream.ts';
import { Harness } from '../../scheduler/harness.ts';
import { moveOn } from '../../scheduler/laws.ts';
import { makeTask } from '../../scheduler/make-job.ts';
import { endsOfNode, endsOfWeb } from './ends.ts';
import type { Ends } from './ends.ts';

type Kind = 'web' | 'node';
type Event = keyof typeof weights;

const weights = {
  write: 10,
  read: 10,
  work: 10,
  tick: 6,
  /** Somebody else's task. */
  submit: 2,
  fail: 1,
  close: 1,
  leave: 1,
  abort: 1,
  shutdown: 1,
};
const anEvent = Object.entries(weights).map(([kind, weight]) => ({
  weight,
  arbitrary: fc.constant(kind as Event),
}));
const events = fc.array(fc.oneof(...anEvent), { maxLength: 80, size: 'max' });

interface Settings {
  readonly workers: number;
  readonly maxPending: number;
  readonly window: number;
  readonly ordered: boolean;
}
const settings: fc.Arbitrary<Settings> = fc.record({
  workers: fc.integer({ min: 1, max: 2 }),
  maxPending: fc.integer({ min: 0, max: 3 }),
  window: fc.integer({ min: 1, max: 4 }),
  ordered: fc.boolean(),
});

/** How the writes have ended, or the reads. */
class Calls<T> {
  made = 0;
  readonly values: T[] = [];
  readonly reasons: unknown[] = [];

  follow(promise: Promise<T>): void {
    this.made++;
    promise.then(
      (value) => this.values.push(value),
      (reason: unknown) => this.reasons.push(reason),
    );
  }

  get ended(): number {
    return this.values.length + this.reasons.length;
  }
}

/** One stream, and all that was seen at its ends. */
class Ground {
  readonly harness: Harness;
  readonly settings: Settings;
  readonly ends: Ends;
  readonly writes = new Calls<void>();
  readonly reads = new Calls<IteratorResult<unknown, unknown>>();
  taken = 0;
  closed = false;
  /** By its reader or its writer. What it had taken and not given is dropped. */
  left = false;
  /** Has anything happened that may end the stream before its time? */
  disturbed = false;

  constructor(kind: Kind, all: Settings) {
    const { workers, maxPending, ...options } = all;
    this.settings = all;
    this.harness = Harness.booted({ workers, maxPending });
    const toTask = (item: unknown) => {
      this.taken++;
      return makeTask('work', { label: String(item) });
    };
    const map = (items: AsyncIterable<unknown>) =>
      pipeTasks(this.harness.scheduler, 'stream', items, toTask, options, () => {});
    this.ends = kind === 'web' ? endsOfWeb(webStream(map)) : endsOfNode(duplex(map));
  }

  get results(): unknown[] {
    return this.reads.values.flatMap(({ done, value }) => (done === true ? [] : [value]));
  }

  async play(event: Event): Promise<void> {
    const { harness, ends, writes, reads } = this;
    if (event === 'write') {
      if (!this.closed) writes.follow(ends.write(writes.made));
    } else if (event === 'read') reads.follow(ends.read());
    else if (event === 'submit') harness.submit('x');
    else if (event === 'work') this.#work();
    else if (event === 'tick') await harness.tick();
    else if (event === 'close') this.close();
    else {
      this.disturbed = true;
      if (event === 'fail') this.#fail();
      else if (event === 'shutdown') void harness.scheduler.shutdown('drain');
      else {
        this.left = true;
        (event === 'abort' ? ends.abort(new Error(event)) : ends.leave()).catch(() => {});
      }
    }
  }

  close(): void {
    if (!this.closed) this.ends.close().catch(() => {});
    this.closed = true;
  }

  /** Lets all that is under way come to its end. */
  async settle(): Promise<void> {
    for (let acted = true; acted; ) {
      await this.harness.tick();
      acted = this.#work();
    }
  }

  #work(): boolean {
    let acted = false;
    for (const worker of this.harness.backend.alive) {
      const job = worker.running ?? (worker.state === 'up' && worker.claim() ? worker.running : undefined);
      if (job === undefined) acted = moveOn(worker) || acted;
      else {
        worker.finish(job.label);
        acted = true;
      }
    }
    return acted;
  }

  #fail(): void {
    this.harness.backend.alive.find(({ running }) => running !== undefined)?.fail(new Error('fail'));
  }
}

/** What must hold when nothing is about to happen by itself. */
function laws({ taken, left, writes, reads, results, settings: { window, ordered } }: Ground): void {
  if (!left) expect(taken - results.length, 'in flight or unread').toBeLessThanOrEqual(window);
  expect(writes.values.length, 'a write ends when its item is taken').toBe(taken);
  expect(new Set(results).size, 'read once').toBe(results.length);
  if (ordered) expect(results).toEqual(results.map((_, index) => String(index)));
  const reasons = [...writes.reasons, ...reads.reasons].filter((reason) => !isNodes(reason));
  expect(new Set(reasons).size, 'one reason for both ends').toBeLessThanOrEqual(1);
}

/** What a Node stream says by itself when it is used after its end. */
const isNodes = (reason: unknown) => String((reason as { code?: unknown }).code).startsWith('ERR_STREAM_');

test.each(['web', 'node'] as const)(
  '%s: writers and readers at any pace, failures and early ends: the bound holds, and everything ends',
  async (kind) => {
    await fc.assert(
      fc.asyncProperty(settings, events, async (all, script) => {
        const ground = new Ground(kind, all);
        const { harness, writes, reads } = ground;
        for (const event of script) {
          await ground.play(event);
          if (event === 'tick') laws(ground);
        }
        ground.close();
        for (let left = writes.made + 2; left > 0; left--) {
          await ground.play('read');
          await ground.settle();
          laws(ground);
        }
        expect({ writes: writes.ended, reads: reads.ended }).toEqual({
          writes: writes.made,
          reads: reads.made,
        });
        expect(reads.values.some(({ done }) => done) || reads.reasons.length > 0).toBe(true);
        if (!ground.disturbed) {
          expect([writes.reasons, reads.reasons]).toEqual([[], []]);
          expect(ground.results.length).toBe(writes.made);
        }
        const { admission, pullers } = harness.scheduler;
        expect(admission.placesTaken).toBe(0);
        expect(admission.waiting).toBe(0);
        expect(pullers.size).toBe(0);
        expect([...harness.jobs.values()].every(({ done }) => done)).toBe(true);
      }),
      { numRuns: 500 },
    );
  },
  60_000,
);
