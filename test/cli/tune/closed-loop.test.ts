import { afterEach, describe, expect, test, vi } from 'vitest';
import type { Executor, Task } from '../../../src/index.ts';
import { closedLoop } from '../../../src/cli/tune/closed-loop.ts';
import { LineError } from '../../../src/cli/tune/samples.ts';
import type { Sample } from '../../../src/cli/tune/samples.ts';

const samples: readonly Sample[] = [11, 12, 13].map((line) => ({
  line,
  task: { line } as unknown as Task<unknown>,
}));

/** An executor of which only `run()` is used. */
function fake(run: (line: number) => Promise<unknown>): Executor {
  return { run: (task: { line: number }) => run(task.line) } as unknown as Executor;
}

const turn = () => new Promise<void>((resolve) => setImmediate(resolve));

describe('a closed loop', () => {
  afterEach(() => {
    vi.useRealTimers();
    vi.restoreAllMocks();
  });

  test('keeps as many tasks outstanding as it should, at every instant, and repeats the samples from the first on', async () => {
    const lines: number[] = [];
    let outstanding = 0;
    let most = 0;
    const executor = fake(async (line) => {
      lines.push(line);
      most = Math.max(most, ++outstanding);
      // The others have begun as well: all of them or none wait here.
      await turn();
      outstanding--;
    });
    const { perSecond } = await closedLoop(executor, samples, 5, 30);
    expect(most).toBe(5);
    expect(outstanding).toBe(0);
    expect(lines.length).toBeGreaterThan(5);
    expect(lines).toEqual(lines.map((_, index) => 11 + (index % 3)));
    expect(perSecond).toBeGreaterThan(0);
  });

  test('counts what is outstanding when the time is up, and begins nothing more', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    let clock = 5000;
    vi.spyOn(performance, 'now').mockImplementation(() => clock);
    const answers: (() => void)[] = [];
    const executor = fake(() => new Promise<void>((resolve) => answers.push(resolve)));
    const measuring = closedLoop(executor, samples, 2, 1000);
    vi.advanceTimersByTime(1000);
    clock += 4000;
    for (const answer of answers) answer();
    const { perSecond, p50Ms, p99Ms } = await measuring;
    expect(answers).toHaveLength(2);
    // Two in the time that they took, and not in the second that they were given.
    expect(perSecond).toBe(0.5);
    for (const latency of [p50Ms, p99Ms]) expect(Math.round(latency / 10)).toBe(400);
  });

  test('a failure ends it with its line, when the others have ended', async () => {
    const ends: (() => void)[] = [];
    const why = new RangeError('not this one');
    let settled = false;
    const executor = fake((line) =>
      line === 12 ? Promise.reject(why) : new Promise<void>((resolve) => ends.push(resolve)),
    );
    const measuring = closedLoop(executor, samples, 3, 60_000)
      .catch((error: unknown) => error)
      .finally(() => (settled = true));
    await turn();
    expect(settled).toBe(false);
    for (const end of ends) end();
    const error = await measuring;
    expect(error).toBeInstanceOf(LineError);
    expect(error).toMatchObject({ line: 12, cause: why });
    expect(ends, 'nothing has begun since').toHaveLength(2);
  });
});
