import fc from '../support/fast-check.ts';
import { expect, test } from 'vitest';
import { buffered, bufferUnordered } from '../../src/flow/buffered.ts';
import type { Each } from '../support/each.ts';

type Step = Each<'read' | 'tick'> | Each<'end' | 'fail', { at: number }>;

const steps: fc.Arbitrary<Step[]> = fc.array(
  fc.oneof(
    fc.record({ kind: fc.constantFrom('read' as const, 'tick' as const) }),
    fc.record({ kind: fc.constantFrom('end' as const, 'end' as const, 'fail' as const), at: fc.nat(6) }),
  ),
  { maxLength: 120, size: 'max' },
);

interface Work {
  readonly id: number;
  resolve(value: number): void;
  reject(reason: number): void;
}

async function tick(): Promise<void> {
  for (let turns = 0; turns < 10; turns++) await Promise.resolve();
}

test('never more than n in flight or unread, and every result once, in its order', async () => {
  const setting = fc.record({
    n: fc.integer({ min: 1, max: 4 }),
    count: fc.nat(30),
    ordered: fc.boolean(),
    async: fc.boolean(),
  });
  await fc.assert(
    fc.asyncProperty(setting, steps, async ({ n, count, ordered, async }, script) => {
      const running: Work[] = [];
      const settled: number[] = [];
      const read: number[] = [];
      const reads: Promise<void>[] = [];
      let asked = 0;
      let pulled = 0;
      function* source() {
        while (pulled < count) {
          const id = pulled++;
          // What was handed over in this very moment is known to have been asked for, and not yet to have been read.
          expect(pulled).toBeLessThanOrEqual(asked + n);
          yield () => new Promise<number>((resolve, reject) => running.push({ id, resolve, reject }));
        }
      }
      async function* asyncSource() {
        yield* source();
      }
      const results = (ordered ? buffered : bufferUnordered)(async ? asyncSource() : source(), n, {
        outcomes: true,
      });
      const reader = { ended: false };
      const next = async () => {
        asked++;
        const step = await results.next();
        if (step.done === true) reader.ended = true;
        else read.push(step.value.status === 'fulfilled' ? step.value.value : (step.value.reason as number));
      };
      const end = (at: number, how: 'resolve' | 'reject') => {
        const [work] = running.splice(at % Math.max(1, running.length), 1);
        if (work === undefined) return;
        settled.push(work.id);
        work[how](work.id);
      };
      for (const step of script) {
        if (step.kind === 'read') reads.push(next());
        else if (step.kind === 'end') end(step.at, 'resolve');
        else if (step.kind === 'fail') end(step.at, 'reject');
        await tick();
        expect(running.length).toBeLessThanOrEqual(n);
        expect(pulled - read.length).toBeLessThanOrEqual(n);
      }
      while (!reader.ended) {
        end(0, 'resolve');
        reads.push(next());
        await tick();
      }
      while (running.length > 0) {
        end(0, 'resolve');
        await tick();
      }
      await Promise.all(reads);
      expect(read).toEqual(ordered ? Array.from({ length: count }, (_, id) => id) : settled);
    }),
    { numRuns: 300 },
  );
});

/** How an iteration ends before its source does. */
const ends = fc.constantFrom('leave', 'abort', 'fail', 'source fails');

test('however it ends: nothing begins any more, and it is told only when nothing runs', async () => {
  const setting = fc.record({
    n: fc.integer({ min: 1, max: 4 }),
    ordered: fc.boolean(),
    async: fc.boolean(),
    onLeave: fc.constantFrom('abort' as const, 'wait' as const),
    end: ends,
  });
  await fc.assert(
    fc.asyncProperty(setting, steps, fc.nat(20), async (given, script, endAfter) => {
      const { n, ordered, async, onLeave, end } = given;
      const running: Work[] = [];
      const controller = new AbortController();
      const is = { pulled: 0, read: 0, closed: false, failing: false, ended: false };
      function* source() {
        try {
          while (!is.failing) {
            const id = is.pulled++;
            yield () => new Promise<number>((resolve, reject) => running.push({ id, resolve, reject }));
          }
          throw new Error('source');
        } finally {
          is.closed = true;
        }
      }
      async function* asyncSource() {
        yield* source();
      }
      const results = (ordered ? buffered : bufferUnordered)(async ? asyncSource() : source(), n, {
        onLeave,
        signal: controller.signal,
      });
      const reads: Promise<void>[] = [];
      const read = async () => {
        try {
          const { done } = await results.next();
          if (done !== true) is.read++;
          else is.ended = true;
        } catch {
          is.ended = true;
        }
        // Who is told that it has ended may rely on it.
        if (is.ended) expect(running).toEqual([]);
      };
      const settle = (at: number, how: 'resolve' | 'reject') => {
        const [work] = running.splice(at % Math.max(1, running.length), 1);
        work?.[how](work.id);
      };
      const look = () => {
        expect(running.length).toBeLessThanOrEqual(n);
        expect(is.pulled - is.read).toBeLessThanOrEqual(n);
      };
      for (const step of script.slice(0, endAfter)) {
        if (step.kind === 'read') reads.push(read());
        else if (step.kind === 'end') settle(step.at, 'resolve');
        await tick();
        look();
      }
      reads.push(read());
      await tick();
      if (end === 'leave') {
        reads.push(
          (async () => {
            await results.return?.();
            expect(running).toEqual([]);
            is.ended = true;
          })(),
        );
      } else if (end === 'abort') controller.abort('enough');
      else if (end === 'fail') settle(0, 'reject');
      else is.failing = true;
      await tick();
      const { pulled } = is;
      while (!is.ended) {
        settle(0, 'resolve');
        reads.push(read());
        await tick();
        look();
        if (end !== 'source fails' && is.closed) expect(is.pulled).toBe(pulled);
      }
      while (running.length > 0) settle(0, 'resolve');
      await Promise.all(reads);
      expect((await results.next()).done).toBe(true);
      if (is.pulled > 0) expect(is.closed).toBe(true);
    }),
    { numRuns: 300 },
  );
});
