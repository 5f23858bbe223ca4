import { Worker } from 'node:worker_threads';
import { once } from 'node:events';
import { expect, test } from 'vitest';
import { clockOrigin } from '../../../src/pool/wire/clock.ts';

test('two threads agree on the time, whatever the wall clock says', async () => {
  const code = `
    const { parentPort } = require('node:worker_threads');
    const now = () => performance.now();
    ${clockOrigin.toString()}
    parentPort.postMessage([clockOrigin(), performance.now()]);
  `;
  const before = performance.now();
  const worker = new Worker(code, { eval: true });
  const [[origin, now]] = (await once(worker, 'message')) as [[number, number]];
  const after = performance.now();
  const there = now + origin - clockOrigin();
  expect(there).toBeGreaterThan(before);
  expect(there).toBeLessThan(after);
  await worker.terminate();
});

test('the narrowest of several looks counts', () => {
  // The thread is taken off its core in the first three.
  const looks = [0, 50, 60, 90, 100, 140, 141, 141.002, 142, 170];
  const shared = [40, 85, 138, 141.001, 150].map((ms) => BigInt(ms * 1e6));
  const origin = clockOrigin(
    () => looks.shift() ?? 0,
    () => shared.shift() ?? 0n,
  );
  expect(origin).toBeCloseTo(0, 6);
});
