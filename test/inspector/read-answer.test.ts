import type { BatchAnswerMessage, BatchView } from 'millrace';
import fc from '../support/fast-check.ts';
import { describe, expect, test } from 'vitest';
import { readAnswer } from '../../src/inspector/record/read-answer.ts';
import type { Run } from '../../src/inspector/record/read-answer.ts';

interface Made {
  readonly ms: number;
  readonly ran: boolean;
}

/** An answer of a batch of these tasks, a microsecond between two of them. Counts how many times were read. */
function answer(
  made: readonly Made[],
  from = 0,
): { message: BatchAnswerMessage; times: readonly number[][]; reads: () => number } {
  let at = 1000;
  let reads = 0;
  const times = made.map(({ ms, ran }) => {
    const start = ran ? (at += 0.001) : NaN;
    if (ran) at += ms;
    return [start, at];
  });
  const batch = {
    size: made.length,
    functionId: () => 1,
    ran: (position: number) => made[position]?.ran === true,
    allRan: made.every(({ ran }) => ran),
    startedAt: (position: number) => (reads++, times[position]?.[0]),
    endedAt: (position: number) => times[position]?.[1],
  } as unknown as BatchView;
  return { message: { batch, from, to: made.length } as BatchAnswerMessage, times, reads: () => reads };
}

function read(message: BatchAnswerMessage): Run[] {
  const runs: Run[] = [];
  readAnswer(message, (run) => runs.push(run));
  return runs;
}

const tasks = (count: number, ms: number): Made[] => Array.from({ length: count }, () => ({ ms, ran: true }));

describe('an answer', () => {
  test('of few tasks is read whole, of many by samples', () => {
    expect(read(answer(tasks(16, 1)).message)).toHaveLength(16);
    const { message, reads } = answer(tasks(256, 0.001));
    expect(read(message).reduce((sum, { count }) => sum + count, 0)).toBe(256);
    expect(reads()).toBeLessThan(120);
  });

  test('that took no millisecond is read by four samples', () => {
    const { message, reads } = answer(tasks(100, 0.001));
    expect(read(message)).toHaveLength(4 + 3);
    expect(reads()).toBeLessThan(40);
  });

  test('hides no slow task among many quick ones, wherever it is', () => {
    for (let slow = 0; slow < 256; slow++) {
      const all = tasks(256, 0.001).with(slow, { ms: 8, ran: true });
      const found = read(answer(all).message).filter(({ count, ranMs }) => count === 1 && ranMs > 7.9);
      expect(found, `at ${slow}`).toHaveLength(1);
    }
  });

  test.each([17, 18, 25, 31, 32, 100])('of %i tasks tells a single task as itself, and once', (count) => {
    const { message, times } = answer(tasks(count, 0.1));
    const singles = read(message).filter((run) => run.count === 1);
    expect(new Set(singles.map(({ position }) => position)).size).toBe(singles.length);
    for (const { position, start, end } of singles) expect([start, end]).toEqual(times[position]);
  });

  test('of which nothing ran, or only its end, counts just that', () => {
    const none = Array.from({ length: 100 }, () => ({ ms: 1, ran: false }));
    expect(read(answer(none).message)).toEqual([]);
    expect(read(answer([...tasks(20, 1), ...none], 20).message)).toEqual([]);
    expect(read(answer([...none, ...tasks(3, 1)], 20).message)).toHaveLength(3);
  });

  test('counts what ran here, and nothing else, in order', () => {
    const task = fc.record({ ms: fc.constantFrom(0, 0.001, 0.4, 3), ran: fc.boolean() });
    fc.assert(
      fc.property(fc.array(task, { minLength: 1, maxLength: 256 }), fc.nat(20), (all, skipped) => {
        const from = Math.min(skipped, all.length - 1);
        const runs = read(answer(all, from).message);
        expect(runs.reduce((sum, { count }) => sum + count, 0)).toBe(
          all.slice(from).filter(({ ran }) => ran).length,
        );
        for (const [index, { start, end, ranMs }] of runs.entries()) {
          expect(start).toBeGreaterThanOrEqual(runs[index - 1]?.end ?? 0);
          expect(end).toBeGreaterThanOrEqual(start);
          expect(ranMs).toBeLessThanOrEqual(end - start + 1e-9);
        }
      }),
    );
  });
});
