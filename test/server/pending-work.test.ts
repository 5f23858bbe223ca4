import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Future, FutureState } from '../../src/index.ts';
import { PendingWork } from '../../src/server/pending-work.ts';
import type { PendingEntry } from '../../src/server/pending-work.ts';

interface Work {
  readonly id: number;
  state: FutureState;
}

test('finds the newest that has not begun, and keeps the order, whatever begins and ends', () => {
  const step = fc.record({ what: fc.constantFrom('add', 'add', 'begin', 'end'), which: fc.nat() });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 300 }), (steps) => {
      const pending = new PendingWork();
      const all: { work: Work; entry: PendingEntry }[] = [];
      for (const { what, which } of steps) {
        if (what === 'add') {
          const work: Work = { id: all.length, state: 'pending' };
          all.push({ work, entry: pending.add(work as unknown as Future<unknown>) });
        } else if (all.length > 0) {
          const { work, entry } = all[which % all.length] as (typeof all)[number];
          if (what === 'begin' && work.state === 'pending') work.state = 'running';
          if (what === 'end') {
            work.state = 'fulfilled';
            pending.remove(entry);
          }
        }
        const expected = all.filter(({ work }) => work.state === 'pending').map(({ work }) => work);
        expect(pending.newest()).toBe(expected.at(-1));
        expect(pending.waiting()).toEqual(expected);
      }
    }),
  );
});
