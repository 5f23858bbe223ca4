import assert from 'node:assert/strict';
import { pipeline } from 'node:stream/promises';
import { asCompleted, Executor, tasks } from 'millrace';
import type { Future, Outcome, Task, TransformPair } from 'millrace';
import { buffered, Channel, limits, RateLimiter, Semaphore } from 'millrace/flow';
import type { Permit } from 'millrace/flow';
import { hashing } from 'millrace/tasks';

const work = tasks<typeof import('./work.js')>(new URL('./work.js', import.meta.url));
const task: Task<number> = work.area(6, 7);
// @ts-expect-error a string is no number
work.area('6', 7);

await using executor = new Executor({ workers: 2 });
const future: Future<number> = await executor.submit(task);
const answer: number = await future.result();
assert.equal(answer, 42);
const greeting: string = await executor.run(work.greet('world'));
assert.equal(greeting, 'hello world');
for await (const done of asCompleted([future])) assert.equal(done.state, 'fulfilled');
assert.equal((await executor.run(hashing.hashBytes('abc'))).slice(0, 8), 'ba7816bf');

const areas = new ReadableStream<number>({
  start(controller) {
    for (const width of [1, 2]) controller.enqueue(width);
    controller.close();
  },
});
const results: number[] = [];
for await (const area of areas.pipeThrough(executor.stream((width: number) => work.area(width, 7))))
  results.push(area);
assert.deepEqual(results, [7, 14]);
const outcomes: TransformPair<string, Outcome<string>> = executor.stream((name: string) => work.greet(name), {
  outcomes: true,
});
await outcomes.readable.cancel();
await pipeline(
  ['you'],
  executor.duplex((name: string) => work.greet(name)),
  async (greetings) => {
    for await (const each of greetings) assert.equal(each, 'hello you');
  },
);

const semaphore = new Semaphore(limits.cpu());
{
  using permit: Permit = await semaphore.acquire();
  assert.equal(permit.n, 1);
}
const channel = new Channel<() => Promise<number>>(2);
await channel.send(() => semaphore.use(() => 42));
channel.close();
await new RateLimiter({ limit: 1 }).acquire();
for await (const outcome of buffered(channel, 2, { outcomes: true })) {
  const settled: Outcome<number> = outcome;
  assert.deepEqual(settled, { status: 'fulfilled', value: 42 });
}
console.log('TypeScript consumer: ok');
