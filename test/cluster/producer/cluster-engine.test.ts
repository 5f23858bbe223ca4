import { expect, test } from 'vitest';
import type { TransportEvents } from '../../../src/cluster/producer/transport.ts';
import type { Reply } from '../../../src/cluster/wire/reply-wire.ts';
import { tasks } from '../../../src/tasks/task-makers.ts';
import { FakeCluster } from '../support/fake-cluster.ts';
import { executorOver, fakeUrl } from '../support/over-transport.ts';

const work = tasks<{ run: (id: number) => number }>(fakeUrl);

/** Two hosts' threads; the test itself answers for them. */
class Told extends FakeCluster {
  readonly sent: string[] = [];
  #events!: TransportEvents;

  constructor() {
    super(() => 0, {});
  }

  override open(events: TransportEvents): Promise<void> {
    this.#events = events;
    return Promise.resolve();
  }

  override add({ id }: { readonly id: string }): Promise<void> {
    this.sent.push(id);
    return Promise.resolve();
  }

  tell(batch: number, reply: Partial<Reply>): void {
    const nothing = { outcomes: [], began: [], offThread: [], reports: [], doubtful: [], returned: [] };
    this.#events.replied(this.sent[batch] as string, { host: 'fake:1', ...nothing, ...reply });
  }
}

test('a task that is off its thread does not count as running, until it is said to run again', async () => {
  const cluster = new Told();
  const executor = executorOver(cluster);
  await executor.ready();
  const first = await executor.submit(work.run(1));
  const second = await executor.submit(work.run(2));
  await expect.poll(() => cluster.sent.length).toBe(2);
  const running = () => executor.stats().running;

  cluster.tell(0, { began: [[0, 30]] });
  expect(running()).toBe(1);
  // It has ended, and another one keeps its thread from answering.
  cluster.tell(0, { offThread: [0] });
  cluster.tell(1, { began: [[0, 30]] });
  expect(running()).toBe(1);
  expect(first.state).toBe('running');
  cluster.tell(1, { offThread: [0] });
  expect(running()).toBe(0);
  cluster.tell(1, { began: [[0, 60]] });
  expect(running()).toBe(1);

  const ended = { position: 0, beganAgoMs: 80, endedAgoMs: 0, status: 'fulfilled', value: 7 } as const;
  cluster.tell(1, { outcomes: [ended] });
  // Twice, and of a task that has settled.
  cluster.tell(1, { outcomes: [ended], offThread: [0] });
  expect(running()).toBe(0);
  cluster.tell(0, { outcomes: [ended] });
  expect(await Promise.all([first.result(), second.result()])).toEqual([7, 7]);
  await executor.shutdown();
});

test('a kill does not wait for Redis, and hurries a shutdown that does', async () => {
  const cluster = new (class extends Told {
    saidGoodbye = 0;
    override goodbye(): Promise<void> {
      this.saidGoodbye++;
      return new Promise(() => {});
    }
  })();
  const executor = executorOver(cluster);
  await executor.ready();
  const drained = executor.shutdown();
  await expect.poll(() => cluster.saidGoodbye).toBe(1);
  await executor.shutdown({ mode: 'kill' });
  await drained;
  expect(cluster.closed).toBe(true);
});
