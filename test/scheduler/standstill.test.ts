import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { runScript } from '../support/run-script.ts';
import { Harness } from './harness.ts';
import { Readers } from './readers.ts';

describe('all places are held by an iteration that waits for its reader, and a task waits for a place', () => {
  const warnings = vi.fn<(message: string, name: string) => void>();
  beforeEach(() => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
    vi.spyOn(process, 'emitWarning').mockImplementation(warnings as never);
    warnings.mockClear();
  });
  afterEach(() => {
    vi.restoreAllMocks();
    vi.useRealTimers();
  });

  /** One item is ahead of the reader, and the generator waits. */
  function suspended(maxPending: number) {
    const harness = Harness.booted({ workers: 1, maxPending });
    const readers = new Readers(harness.scheduler);
    readers.open(1, 0);
    const worker = harness.worker(0);
    worker.claim();
    worker.yield();
    worker.park();
    expect(harness.scheduler.stats()).toMatchObject({ suspended: 1, running: 0 });
    return { harness, readers, worker };
  }

  test('for five seconds: a warning says so, once', () => {
    const { harness } = suspended(0);
    harness.submit('a');
    vi.advanceTimersByTime(4999);
    expect(warnings).not.toHaveBeenCalled();
    vi.advanceTimersByTime(60_000);
    expect(warnings.mock.calls).toEqual([
      [
        expect.stringMatching(/^executor 'test' stands still: all 1 places .*raise maxPending$/),
        'MillraceStandstillWarning',
      ],
    ]);
  });

  test('or a task comes only later: the warning does, too', () => {
    const { harness } = suspended(0);
    vi.advanceTimersByTime(12_000);
    expect(warnings).not.toHaveBeenCalled();
    harness.submit('a');
    vi.advanceTimersByTime(5000);
    expect(warnings).toHaveBeenCalledTimes(1);
  });

  test.each([
    ['with a place free', 1, false],
    ['and its reader reads every four seconds', 0, true],
  ] as const)('%s: no warning', async (_, maxPending, reads) => {
    const { harness, readers, worker } = suspended(maxPending);
    harness.submit('a');
    // With a place free the task is not only admitted: it runs.
    if (!reads) worker.claim();
    for (let left = 5; left > 0; left--) {
      vi.advanceTimersByTime(4000);
      if (!reads) continue;
      readers.read(0);
      await harness.tick();
      for (const parent of worker.parents) worker.hear(parent);
      worker.claim();
      worker.yield();
      worker.park();
    }
    expect(readers.unanswered).toBe(0);
    expect(worker.parents[0]?.yielded).toBe(reads ? 6 : 1);
    expect(warnings).not.toHaveBeenCalled();
  });

  test('and the iteration is left: nothing looks any more', async () => {
    const { harness, readers, worker } = suspended(0);
    readers.leave(0);
    await harness.tick();
    for (const parent of worker.parents) worker.endParked(parent);
    expect(harness.scheduler.stats()).toMatchObject({ suspended: 0 });
    vi.advanceTimersByTime(5000);
    expect(vi.getTimerCount()).toBe(0);
    expect(warnings).not.toHaveBeenCalled();
  });
});

const rows = `
  const rows = tasks('${new URL('../fixtures/generators.mjs', import.meta.url).href}');
  const executor = new Executor({ workers: 1, maxPending: 0 });`;

test('a process that exits because nothing can move says why', async () => {
  const { code, stderr } = await runScript(`${rows}
    for await (const row of executor.iterate(rows.count(1000), { window: 10 })) await executor.run(work.echo(row));`);
  expect(stderr).toContain("MillraceStandstillWarning: executor 'millrace' stands still: all 1 places");
  // Node's own, for an await that nothing can settle.
  expect(code).toBe(13);
});

test('a process that exits while nobody waits for a place says nothing', async () => {
  const { code, stderr } = await runScript(`${rows}
    const iteration = executor.iterate(rows.count(1000), { window: 10 });
    await iteration.next();`);
  expect([code, stderr]).toEqual([0, '']);
});
