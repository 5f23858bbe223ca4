import { expect, test } from 'vitest';
import { Hold } from '../../src/base/hold.ts';

const share = 1 / 200;

function quickFor(hold: Hold, ms: number): void {
  for (let left = 10 * ms; left > 0; left--) hold.quick(0.1);
}

test('results may wait for a two-hundredth of the time between two slow things', () => {
  const hold = new Hold();
  for (let slow = 0; slow < 100; slow++) {
    quickFor(hold, 100);
    hold.slow();
  }
  expect(hold.ms).toBeCloseTo(100 * share);
  for (let slow = 0; slow < 100; slow++) {
    quickFor(hold, 1);
    hold.slow();
  }
  expect(hold.ms).toBeCloseTo(1 * share);
});

test('one slow thing tells nothing of the next: it may come soon', () => {
  const hold = new Hold();
  hold.slow();
  expect(hold.ms).toBeLessThan(0.1);
});

test('the longer nothing is slow, the longer they may wait', () => {
  const hold = new Hold();
  hold.slow();
  quickFor(hold, 600);
  expect(hold.ms).toBeCloseTo(600 * share);
  // And one exception does not make the next one likely.
  hold.slow();
  expect(hold.ms).toBeGreaterThan(150 * share);
});
