import { expect, test } from 'vitest';
import { InterruptBudget } from '../../src/server/interrupt-budget.ts';

test('so many at once, and so many a second', () => {
  const budget = new InterruptBudget(4, 0);
  const taken = (now: number) => Array.from({ length: 100 }, () => budget.take(now)).filter(Boolean).length;
  expect(taken(0)).toBe(4);
  expect(taken(100)).toBe(0);
  expect(taken(250)).toBe(1);
  expect(taken(750)).toBe(2);
  expect(taken(1_000_000)).toBe(4);
});
