import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { Harness } from '../harness.ts';

let warnings: string[];
beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
  warnings = [];
  vi.spyOn(process, 'emitWarning').mockImplementation((message) => void warnings.push(String(message)));
});
afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

/** Two looks, and what follows from them. */
async function twoLooks(harness: Harness): Promise<void> {
  vi.advanceTimersByTime(100);
  await harness.tick();
}

describe('a worker that does not begin the only job that it was sent', () => {
  test('loses it to an idle worker, and gets nothing else until it answers', async () => {
    const harness = Harness.booted();
    harness.submit('a');
    expect(harness.show()).toBe('worker 0:\nworker 1: [a]');
    await twoLooks(harness);
    expect(harness.show()).toBe('worker 0: [a]\nworker 1: [a-]');
    harness.worker(0).claim();
    harness.submit('bc');
    await harness.tick();
    expect(harness.show()).toBe('worker 0: [a*] [b]\nworker 1: [a-]\nqueued: c');
    harness.worker(1).claim();
    await harness.tick();
    expect(harness.show(), 'it is free: it takes jobs again').not.toContain('queued');
  });

  test('keeps it if it is only late', async () => {
    const harness = Harness.booted();
    harness.submit('a');
    vi.advanceTimersByTime(50);
    harness.worker(1).claim();
    await twoLooks(harness);
    expect(harness.show()).toBe('worker 0:\nworker 1: [a*]');
  });

  test('keeps what runs, and what has moved to it', async () => {
    const harness = Harness.booted({ workers: 2 });
    harness.submit('a', { transfer: [new ArrayBuffer(1)] });
    await twoLooks(harness);
    expect(harness.show()).toBe('worker 0:\nworker 1: [a]');
  });

  test('loses it to a worker that is started for it', async () => {
    const harness = new Harness({ workers: 2, minWorkers: 1 });
    harness.backend.boot();
    harness.submit('a');
    await harness.tick();
    expect(harness.backend.alive.length).toBe(1);
    await twoLooks(harness);
    expect(harness.backend.alive.length).toBe(2);
    harness.backend.boot();
    await harness.tick();
    expect(harness.show()).toBe('worker 0: [a-]\nworker 1: [a]');
  });

  test('keeps it for longer if there is much to read: a second for each MiB', async () => {
    const harness = Harness.booted({ maxPendingBytes: 4e6 });
    harness.submit('a', {}, [new Uint8Array(2 * 2 ** 20)]);
    vi.advanceTimersByTime(2000);
    await harness.tick();
    expect(harness.show()).toBe('worker 0:\nworker 1: [a]');
    await twoLooks(harness);
    expect(harness.show()).toBe('worker 0: [a]\nworker 1: [a-]');
  });

  test('loses it once: the next worker may be late as well', async () => {
    const harness = Harness.booted({ workers: 3 });
    harness.submit('a');
    await twoLooks(harness);
    expect(harness.show()).toBe('worker 0:\nworker 1: [a]\nworker 2: [a-]');
    for (let times = 0; times < 10; times++) await twoLooks(harness);
    expect(harness.show()).toBe('worker 0:\nworker 1: [a]\nworker 2: [a-]');
  });

  test('keeps it if it is the only worker', async () => {
    const harness = Harness.booted({ workers: 1 });
    harness.submit('a');
    await twoLooks(harness);
    expect(harness.show()).toBe('worker 0: [a]');
  });
});

describe('a stall of five seconds', () => {
  test('is told once, with the task that ran last, and the worker is replaced', async () => {
    const harness = Harness.booted({ workers: 1 });
    harness.submit('a');
    harness.worker(0).finish('done');
    harness.submit('b');
    vi.advanceTimersByTime(5000);
    expect(warnings).toEqual([]);
    vi.advanceTimersByTime(10_000);
    expect(warnings).toEqual([
      expect.stringMatching(
        /^a worker thread has begun none of its tasks for 5 seconds or more, after 'a' had ended: .*replaces the thread$/,
      ),
    ]);
    harness.worker(0).end();
    harness.backend.boot();
    await harness.tick();
    expect(harness.show()).toBe('worker 1: [b]\nfulfilled: a');
  });

  test('ends no worker to which objects have moved', async () => {
    const harness = Harness.booted();
    harness.submit('a', { transfer: [new ArrayBuffer(1)] });
    vi.advanceTimersByTime(10_000);
    expect(warnings).toEqual([expect.stringMatching(/what it has to do waits for that$/)]);
    expect(harness.worker(1).state).toBe('up');
    harness.worker(1).finish('late');
    expect(harness.show()).toContain('fulfilled: a');
  });

  test('ends two workers for one job at the most: its arguments may be what takes so long', async () => {
    const harness = Harness.booted({ workers: 1 });
    harness.submit('a');
    for (let worker = 0; worker < 3; worker++) {
      vi.advanceTimersByTime(10_000);
      expect(harness.worker(worker).state).toBe(worker < 2 ? 'terminating' : 'up');
      if (worker === 2) break;
      harness.worker(worker).end();
      harness.backend.boot();
      await harness.tick();
      expect(harness.show()).toBe(`worker ${worker + 1}: [a]`);
    }
    expect(warnings).toHaveLength(3);
    harness.worker(2).finish('late');
    expect(harness.show()).toContain('fulfilled: a');
  });

  test('is told when what there is to read has become less', async () => {
    const harness = Harness.booted({ workers: 1, maxPendingBytes: 8e6 });
    const megabytes = [new Uint8Array(3 * 2 ** 20)];
    harness.submit('a', {}, megabytes);
    harness.submit('b', {}, megabytes);
    await harness.tick();
    expect(harness.show()).toBe('worker 0: [a] [b]');
    // The stall begins after six seconds, and is told after eleven more; or eight, for one of them.
    vi.advanceTimersByTime(16_000);
    expect(warnings).toEqual([]);
    harness.cancel('b');
    vi.advanceTimersByTime(100);
    expect(warnings).toHaveLength(1);
  });

  test('is none while a result is on its way', async () => {
    const harness = Harness.booted({ workers: 1 });
    harness.submit('a');
    harness.worker(0).finish('done');
    harness.submit('aa');
    await harness.tick();
    harness.worker(0).finish('large', { hold: true });
    vi.advanceTimersByTime(60_000);
    expect(warnings).toEqual([]);
    harness.worker(0).flush();
    expect(harness.worker(0).state).toBe('up');
  });

  test('ends no worker in which a job waits', async () => {
    const harness = Harness.booted({ workers: 1 });
    harness.submit('a');
    harness.worker(0).claim();
    harness.worker(0).call('child', {}, [], false);
    harness.worker(0).park();
    await harness.tick();
    vi.advanceTimersByTime(10_000);
    expect(warnings).toEqual([expect.stringMatching(/what it has to do waits for that$/)]);
    expect(harness.worker(0).state).toBe('up');
  });

  test('is none if the worker was at work meanwhile', async () => {
    const harness = Harness.booted({ workers: 1 });
    harness.submit('a');
    vi.advanceTimersByTime(4000);
    harness.worker(0).claim();
    vi.advanceTimersByTime(20_000);
    expect(warnings).toEqual([]);
  });
});

test('it looks only while jobs are on their way', () => {
  const harness = Harness.booted();
  harness.submit('a');
  harness.worker(1).finish('done');
  vi.advanceTimersByTime(50);
  expect(vi.getTimerCount()).toBe(0);
});
