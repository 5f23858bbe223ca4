import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Fifo } from '../../src/base/fifo.ts';

test('what goes in first comes out first', () => {
  fc.assert(
    fc.property(fc.array(fc.boolean(), { maxLength: 200 }), (pushes) => {
      const fifo = new Fifo<number>();
      const model: number[] = [];
      for (const [index, push] of pushes.entries()) {
        if (push) {
          fifo.push(index);
          model.push(index);
        } else expect(fifo.shift()).toBe(model.shift());
        expect(fifo.size).toBe(model.length);
        expect(fifo.first).toBe(model[0]);
      }
    }),
  );
});

test('a long queue that never runs empty keeps its order', () => {
  const fifo = new Fifo<number>();
  let next = 0;
  for (let pushed = 0; pushed < 10_000; pushed++) {
    fifo.push(pushed);
    if (pushed % 3 === 0) expect(fifo.shift()).toBe(next++);
  }
  expect(fifo.size).toBe(10_000 - next);
  while (fifo.size > 0) expect(fifo.shift()).toBe(next++);
  expect(fifo.shift()).toBeUndefined();
  expect(fifo.size).toBe(0);
});
