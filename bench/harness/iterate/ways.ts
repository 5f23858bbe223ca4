import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { Executor, tasks } from 'millrace';

/** What is read: so many items, of so many bytes, each made in so many microseconds. */
export interface Load {
  readonly count: number;
  readonly bytes: number;
  readonly us: number;
}

const window = 1024;

const module = new URL('../../../pools/tasks/iterate-work.mjs', import.meta.url);
const work = tasks<{ items(count: number, bytes: number, us: number): Generator<unknown, void> }>(module);

/** A way to read items that a thread makes. */
export interface Way {
  readonly name: string;
  /** @param slowly called for each item. @returns milliseconds from the first item on. */
  read(load: Load, slowly?: () => void): Promise<number>;
  end(): Promise<void>;
}

export function millrace(): Way {
  const executor = new Executor({ workers: 1 });
  return {
    name: 'iterate()',
    read: ({ count, bytes, us }, slowly) =>
      timed(executor.iterate(work.items(count, bytes, us), { window }), count, slowly),
    end: () => executor.shutdown(),
  };
}

/** @param credits does the thread wait for its reader? */
export function postMessage(credits: boolean): Way {
  const name = credits ? 'postMessage, credits' : 'postMessage';
  return byThread(name, { way: 'post', ...(credits && { window }) }, (worker) => messagesOf(worker, credits));
}

export function movedStream(): Way {
  return byThread('moved ReadableStream', { way: 'stream', window }, async function* read(worker) {
    const [stream] = (await once(worker, 'message')) as [ReadableStream<unknown>];
    yield* stream;
  });
}

function byThread(name: string, how: object, itemsOf: (worker: Worker) => AsyncIterable<unknown>): Way {
  return {
    name,
    async read(load, slowly) {
      const worker = new Worker(module);
      await once(worker, 'online');
      const items = itemsOf(worker);
      worker.postMessage({ ...how, ...load });
      const ms = await timed(items, load.count, slowly);
      await worker.terminate();
      return ms;
    },
    async end() {},
  };
}

/** As one writes it by hand: a queue, and a message back for each half of the window that has been read. */
async function* messagesOf(worker: Worker, credits: boolean): AsyncGenerator<unknown, void> {
  let queue: unknown[] = [];
  let arrived: (() => void) | undefined;
  worker.on('message', (item) => {
    queue.push(item);
    arrived?.();
  });
  let read = 0;
  for (;;) {
    if (queue.length === 0) await new Promise<void>((resolve) => (arrived = resolve));
    const items = queue;
    queue = [];
    for (const item of items) {
      if (item === undefined) return;
      yield item;
      if (!credits || ++read < window / 2) continue;
      worker.postMessage({ read });
      read = 0;
    }
  }
}

async function timed(items: AsyncIterable<unknown>, count: number, slowly?: () => void): Promise<number> {
  let read = 0;
  let start = 0;
  for await (const _ of items) {
    if (read++ === 0) start = performance.now();
    slowly?.();
  }
  if (read !== count) throw new Error(`${read} of ${count} items were read`);
  return performance.now() - start;
}
