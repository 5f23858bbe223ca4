import { InvalidTaskError } from 'millrace';
import { describe, expect } from 'vitest';
import { test } from '../support/executor-test.ts';
import { Gate } from '../support/gate.ts';
import { generators } from '../support/generators.ts';
import { collect, reasonOf, rounds } from '../support/settling.ts';

/** Items that a moved stream holds at the most beyond its own mark: the one that crosses, and the one that is asked for. */
const crossing = 2;

describe('a ReadableStream as an argument', () => {
  test.for([0, 1, 20])(
    'moves, and is pulled no further than its mark of %i allows',
    async (highWaterMark, { gate, makeExecutor }) => {
      const executor = makeExecutor({ workers: 1 });
      let pulled = 0;
      const stream = new ReadableStream<number>(
        { pull: (controller) => controller.enqueue(pulled++) },
        { highWaterMark },
      );
      const reading = executor.iterate(generators.readStream(stream, gate.shared), {
        window: 3,
        transfer: [stream],
      });
      await gate.counted(3);
      await rounds(50);
      expect(pulled).toBeLessThanOrEqual(3 + highWaterMark + crossing);
      expect(await reading.next()).toEqual({ done: false, value: 0 });
      await reading.return();
      await rounds(50);
      expect(pulled).toBeLessThanOrEqual(6 + highWaterMark + crossing);
    },
  );

  test('may be made of an iteration, which then is no further ahead than both windows', async ({
    executor,
    gate,
  }) => {
    // In one thread the task that reads a moved stream would hold up the iteration that this is made of.
    await executor.ready();
    const first = executor.iterate(generators.count(1e9, gate.shared), { window: 4 });
    const stream = ReadableStream.from<number>(first);
    const own = new Gate();
    const second = executor.iterate(generators.readStream(stream, own.shared), {
      window: 3,
      transfer: [stream],
    });
    await own.counted(3);
    await rounds(50);
    expect(gate.count).toBeLessThanOrEqual(3 + crossing + 4);
    expect(await second.next()).toEqual({ done: false, value: 0 });
    await second.return();
    // The task has left the stream, and with that the iteration.
    await gate.arrivals(1);
  });

  test('does not move if the executor makes it by tasks, which may need the worker of the task that reads', async ({
    makeExecutor,
  }) => {
    const executor = makeExecutor({ workers: 1 });
    const { readable, writable } = executor.stream((n: number) => generators.count(n));
    const reason = await reasonOf(executor.run(generators.sum(readable), { transfer: [readable] }));
    expect(reason).toBeInstanceOf(InvalidTaskError);
    expect(String(reason)).toMatch(/args\[0\] is made of tasks of this executor.*leave it out of transfer/);
    await Promise.all([
      ReadableStream.from([3, 4]).pipeTo(writable),
      executor.run(generators.sum(readable)).then((sum) => expect(sum).toBe(3 + 6)),
    ]);
  });

  test('all of it arrives', async ({ executor }) => {
    await executor.ready();
    const stream = ReadableStream.from<number>(executor.iterate(generators.count(500), { window: 4 }));
    const items = executor.iterate(generators.readStream(stream), { window: 3, transfer: [stream] });
    expect(await collect(items)).toEqual(Array.from({ length: 500 }, (_, n) => n));
  });
});
