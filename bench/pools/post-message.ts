import { Worker } from 'node:worker_threads';
import type { Contender } from './contender.ts';
import { taskUrl } from './contender.ts';

interface Answer {
  readonly id: number;
  readonly result: unknown;
}

/** What one writes by hand: a message for each call, to the thread with the fewest, and no more than that. */
export function startPostMessage(threads: number): Promise<Contender> {
  const workers = Array.from({ length: threads }, () => {
    const worker = new Worker(taskUrl('post-message-work.mjs'));
    const waiting = new Map<number, (result: unknown) => void>();
    worker.on('message', ({ id, result }: Answer) => {
      const resolve = waiting.get(id);
      waiting.delete(id);
      resolve?.(result);
    });
    return { worker, waiting };
  });
  let nextId = 0;
  return Promise.resolve({
    name: 'postMessage',
    call(work, argument, move) {
      return new Promise((resolve) => {
        const id = nextId++;
        const { worker, waiting } = workers.reduce((a, b) => (b.waiting.size < a.waiting.size ? b : a));
        waiting.set(id, resolve);
        worker.postMessage({ id, work, argument }, move ?? []);
      });
    },
    close: () => Promise.all(workers.map(({ worker }) => worker.terminate())),
  });
}
