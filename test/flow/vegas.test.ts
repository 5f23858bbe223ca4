import { describe, expect, test } from 'vitest';
import { Vegas } from '../../src/flow/vegas.ts';
import { random, simulate } from './server-model.ts';

const bounds = { initial: 20, min: 1, max: 1000 };

/** How long a call takes the server, 50 ms on average. */
const kinds = {
  fixed: () => () => 50,
  uniform: () => {
    const next = random(1);
    return () => 25 + 50 * next();
  },
  exponential: () => {
    const next = random(1);
    return () => -50 * Math.log(1 - next());
  },
};

describe.each([4, 10, 50, 200])('a server that works on %i calls at a time', (servers) => {
  test.each(['fixed', 'uniform', 'exponential'] as const)('is kept busy, with a short queue: %s', (kind) => {
    const vegas = new Vegas(bounds);
    const server = { servers, serviceMs: kinds[kind]() };
    simulate(vegas, server, 20_000);
    const { callsPerSecond, meanMs } = simulate(vegas, server, 40_000);
    expect(callsPerSecond / (servers * 20)).toBeGreaterThan(0.93);
    // A fixed limit of 1000 would make calls queue 5 to 250 times as long as they take.
    expect(meanMs / 50).toBeLessThan(1.8);
  });
});

describe('a server whose calls all take the same', () => {
  test.each([5, 400])('gets its capacity and a little more from a limit of %i', (initial) => {
    const vegas = new Vegas({ ...bounds, initial });
    const { limits } = simulate(vegas, { servers: 40, serviceMs: kinds.fixed() }, 30_000);
    const steady = limits.slice(-20_000).toSorted((a, b) => a - b);
    expect(vegas.baseMs).toBeCloseTo(50, 0);
    expect(steady[10_000]).toBeGreaterThanOrEqual(40);
    expect(steady[10_000]).toBeLessThanOrEqual(52);
  });

  test('that loses most of its capacity is relieved within a few rounds, and found again when it has it back', () => {
    const vegas = new Vegas(bounds);
    const server = { servers: 100, serviceMs: kinds.fixed() };
    simulate(vegas, server, 20_000);
    server.servers = 10;
    simulate(vegas, server, 1500);
    expect(vegas.limit).toBeLessThanOrEqual(25);
    server.servers = 100;
    simulate(vegas, server, 10_000);
    expect(vegas.limit).toBeGreaterThanOrEqual(90);
  });

  test('that becomes three times as slow has no longer queue for it', () => {
    const vegas = new Vegas(bounds);
    let serviceMs = 50;
    const server = { servers: 50, serviceMs: () => serviceMs };
    simulate(vegas, server, 20_000);
    serviceMs = 150;
    simulate(vegas, server, 20_000);
    const { callsPerSecond } = simulate(vegas, server, 20_000);
    expect(callsPerSecond / (50 / 0.15)).toBeGreaterThan(0.93);
    expect(vegas.baseMs).toBeCloseTo(150, -1);
  });
});

describe('the limit', () => {
  test('does not grow while the caller has less to do than it allows', () => {
    const vegas = new Vegas(bounds);
    simulate(vegas, { servers: 1000, serviceMs: kinds.fixed() }, 10_000, 4);
    expect(vegas.limit).toBeLessThanOrEqual(20);
  });

  test('stays within its bounds', () => {
    const vegas = new Vegas({ initial: 10, min: 5, max: 30 });
    const { limits } = simulate(vegas, { servers: 500, serviceMs: kinds.fixed() }, 10_000);
    expect([Math.min(...limits), Math.max(...limits)]).toEqual([5, 30]);
    const slow = simulate(vegas, { servers: 1, serviceMs: kinds.fixed() }, 10_000);
    expect(Math.min(...slow.limits)).toBe(5);
  });

  test('falls by a tenth for overload, once a round', () => {
    const vegas = new Vegas({ ...bounds, initial: 100 });
    for (let refused = 0; refused < 50; refused++) vegas.overloaded();
    expect(vegas.limit).toBe(90);
    for (let sample = 0; sample < 90; sample++) vegas.sample(50, 90);
    vegas.overloaded();
    expect(vegas.limit).toBe(81);
  });

  test('goes on falling while every call is refused, and grows again afterwards', () => {
    const vegas = new Vegas({ ...bounds, initial: 200 });
    for (let refused = 0; refused < 3000; refused++) vegas.overloaded();
    expect(vegas.limit).toBeLessThanOrEqual(10);
    expect(vegas.baseMs).toBe(Infinity);
    const { callsPerSecond } = simulate(vegas, { servers: 100, serviceMs: kinds.fixed() }, 20_000);
    expect(vegas.baseMs).toBeCloseTo(50, 0);
    expect(vegas.limit).toBeGreaterThanOrEqual(90);
    expect(callsPerSecond).toBeGreaterThan(1000);
  });
});
