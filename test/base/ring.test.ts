import fc from '../support/fast-check.ts';
import { expect, test } from 'vitest';
import { Ring } from '../../src/base/ring.ts';

const steps = fc.array(fc.constantFrom('push', 'push', 'unshift', 'shift', 'filter', 'clear'), {
  maxLength: 300,
});

test('a queue with two ends, whatever is done to it', () => {
  fc.assert(
    fc.property(steps, (script) => {
      const ring = new Ring<number>();
      let model: number[] = [];
      for (const [index, step] of script.entries()) {
        if (step === 'push') {
          ring.push(index);
          model.push(index);
        } else if (step === 'unshift') {
          ring.unshift(index);
          model.unshift(index);
        } else if (step === 'shift') expect(ring.shift()).toBe(model.shift());
        else if (step === 'filter') {
          ring.filter((item) => item % 3 > 0);
          model = model.filter((item) => item % 3 > 0);
        } else if (index % 10 === 0) {
          ring.clear();
          model = [];
        }
        expect(ring.size).toBe(model.length);
        expect(ring.first).toBe(model[0]);
        for (const at of [0, index % 7, model.length - 1, model.length].filter((each) => each >= 0))
          expect(ring.at(at)).toBe(model[at]);
      }
      while (ring.size > 0) expect(ring.shift()).toBe(model.shift());
      expect(model).toEqual([]);
    }),
  );
});

test('a long queue keeps its order while it grows round the corner, and is small again when it is empty', () => {
  const ring = new Ring<number>();
  let next = 0;
  for (let pushed = 0; pushed < 10_000; pushed++) {
    ring.push(pushed);
    if (pushed % 3 === 0) expect(ring.shift()).toBe(next++);
  }
  while (ring.size > 0) expect(ring.shift()).toBe(next++);
  expect(next).toBe(10_000);
  expect(ring.shift()).toBeUndefined();
});
