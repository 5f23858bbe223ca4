import fc from '../support/fast-check.ts';
import { expect, test } from 'vitest';
import { Channel } from '../../src/flow/channel.ts';
import type { Reservation } from '../../src/flow/reservation.ts';
import type { Each } from '../support/each.ts';

type Step =
  | Each<'send' | 'trySend' | 'reserve' | 'tryReserve' | 'receive' | 'tryReceive' | 'close' | 'tick'>
  | Each<'next' | 'leave'>
  | Each<'abort' | 'use' | 'release', { at: number }>;

const plain = fc.constantFrom(
  'send',
  'trySend',
  'reserve',
  'tryReserve',
  'receive',
  'receive',
  'next',
  'leave',
  'tryReceive',
  'tick',
  'tick',
);
const steps: fc.Arbitrary<Step[]> = fc.array(
  fc.oneof(
    { weight: 8, arbitrary: fc.record({ kind: plain }) as fc.Arbitrary<Step> },
    {
      weight: 4,
      arbitrary: fc.record({
        kind: fc.constantFrom('abort', 'use', 'release'),
        at: fc.nat(8),
      }) as fc.Arbitrary<Step>,
    },
    { weight: 1, arbitrary: fc.constant<Step>({ kind: 'close' }) },
  ),
  { maxLength: 150, size: 'max' },
);

async function tick(): Promise<void> {
  for (let turns = 0; turns < 8; turns++) await Promise.resolve();
}

test('nothing is lost, doubled or held beyond the capacity, at every step', async () => {
  await fc.assert(
    fc.asyncProperty(fc.integer({ min: 1, max: 3 }), steps, async (capacity, script) => {
      const channel = new Channel<number>(capacity);
      const sent = new Set<number>();
      const refused = new Set<number>();
      const received: number[] = [];
      const reservations: Reservation<number>[] = [];
      const controllers: AbortController[] = [];
      let loop = channel[Symbol.asyncIterator]();
      let items = 0;
      let ended = 0;
      const signal = () => {
        const controller = new AbortController();
        controllers.push(controller);
        return { signal: controller.signal };
      };
      const doing: Promise<unknown>[] = [];
      for (const step of script) {
        if (step.kind === 'send') {
          const item = items++;
          const settled = channel.send(item, signal()).then(
            () => sent.add(item),
            () => refused.add(item),
          );
          doing.push(settled);
        } else if (step.kind === 'trySend') {
          const item = items++;
          if (channel.closed) expect(() => channel.trySend(item)).toThrow();
          else if (channel.trySend(item)) sent.add(item);
          else refused.add(item);
        } else if (step.kind === 'reserve') {
          const settled = channel.reserve(signal()).then(
            (reservation) => reservations.push(reservation),
            () => {},
          );
          doing.push(settled);
        } else if (step.kind === 'receive') {
          const settled = channel.receive(signal()).then(
            (item) => received.push(item),
            () => ended++,
          );
          doing.push(settled);
        } else if (step.kind === 'tryReserve') {
          if (channel.closed) expect(() => channel.tryReserve()).toThrow();
          else {
            const reservation = channel.tryReserve();
            if (reservation !== null) reservations.push(reservation);
          }
        } else if (step.kind === 'next') {
          const settled = loop.next().then(({ done, value }) => {
            if (done !== true) received.push(value);
          });
          doing.push(settled);
        } else if (step.kind === 'leave') {
          const before = channel.size;
          const [left] = [loop, (loop = channel[Symbol.asyncIterator]())];
          doing.push(left.return?.() as Promise<unknown>);
          expect(channel.size).toBe(before);
        } else if (step.kind === 'tryReceive') {
          try {
            const item = channel.tryReceive();
            if (item !== undefined) received.push(item);
          } catch {
            expect(channel.closed).toBe(true);
          }
        } else if (step.kind === 'use') {
          const item = items++;
          const [reservation] = reservations.splice(step.at, 1);
          reservation?.send(item);
          if (reservation !== undefined) sent.add(item);
        } else if (step.kind === 'release') reservations.splice(step.at, 1)[0]?.release();
        else if (step.kind === 'abort') controllers[controllers.length - 1 - step.at]?.abort();
        else if (step.kind === 'close') channel.close();
        else await tick();
        expect(channel.size + reservations.length).toBeLessThanOrEqual(capacity);
        if (channel.size > 0) expect(channel.receiversWaiting).toBe(0);
      }
      // Whatever happened: what was sent comes out, each item once, and everything settles.
      await tick();
      channel.close();
      for (const reservation of reservations) reservation.release();
      for await (const item of channel) received.push(item);
      await Promise.all(doing);
      for (const reservation of reservations) reservation.release();
      expect(received.toSorted((a, b) => a - b)).toEqual([...sent].toSorted((a, b) => a - b));
      expect([...refused].filter((item) => sent.has(item))).toEqual([]);
      expect(channel).toMatchObject({ size: 0, receiversWaiting: 0, sendersWaiting: 0 });
    }),
    { numRuns: 400 },
  );
});

test('a consumer that gives up finds all in the order in which it was sent, however often it does', async () => {
  const events = fc.array(
    fc.oneof(
      { weight: 6, arbitrary: fc.constant('send' as const) },
      { weight: 2, arbitrary: fc.constant('tick' as const) },
      // So many receivers wait afterwards.
      { weight: 3, arbitrary: fc.integer({ min: 0, max: 4 }) },
    ),
    { maxLength: 100, size: 'max' },
  );
  await fc.assert(
    fc.asyncProperty(fc.integer({ min: 1, max: 4 }), events, async (capacity, script) => {
      const channel = new Channel<number>(capacity);
      const received: number[] = [];
      let controller = new AbortController();
      let sent = 0;
      const giveUpAndTake = () => {
        controller.abort('enough');
        controller = new AbortController();
        for (let item = channel.tryReceive(); item !== undefined; item = channel.tryReceive())
          received.push(item);
      };
      for (const event of script) {
        if (event === 'send') {
          if (channel.trySend(sent)) sent++;
        } else if (event === 'tick') await tick();
        else {
          giveUpAndTake();
          for (let left = event; left > 0; left--) {
            channel.receive({ signal: controller.signal }).then(
              (item) => received.push(item),
              () => {},
            );
          }
        }
      }
      giveUpAndTake();
      expect(received).toEqual(Array.from({ length: sent }, (_, item) => item));
      await tick();
      expect(channel).toMatchObject({ size: 0, receiversWaiting: 0 });
    }),
    { numRuns: 400 },
  );
});
