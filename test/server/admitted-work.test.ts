import fc from '../support/fast-check.ts';
import { expect, test } from 'vitest';
import type { Future, FutureState } from '../../src/index.ts';
import { AdmittedWork } from '../../src/server/admitted-work.ts';
import { requestClasses } from '../../src/server/request-options.ts';
import type { RequestClass } from '../../src/server/request-options.ts';
import { settlementOf } from '../support/settling.ts';

/** As much of a future as is looked at. */
class Work {
  readonly class: RequestClass;
  state: FutureState = 'pending';
  settle: () => void = () => {};
  readonly #settled = new Promise<void>((resolve) => {
    this.settle = () => {
      this.state = 'fulfilled';
      resolve();
    };
  });

  constructor(requestClass: RequestClass) {
    this.class = requestClass;
  }

  outcome(): Promise<void> {
    return this.#settled;
  }
}

test('what gives way is below the class and has not begun: the lowest class first, the newest first', async () => {
  const step = fc.record({
    what: fc.constantFrom('add', 'add', 'begin', 'settle'),
    which: fc.nat(),
    class: fc.constantFrom(...requestClasses),
  });
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 60 }), async (steps) => {
      const work = new AdmittedWork();
      const all: Work[] = [];
      for (const { what, which, class: requestClass } of steps) {
        const picked = all[which % all.length];
        if (what === 'add' || picked === undefined) {
          const added = new Work(requestClass);
          all.push(added);
          work.add(requestClass, added as unknown as Future<unknown>);
        } else if (what === 'settle') picked.settle();
        else if (picked.state === 'pending') picked.state = 'running';
      }
      // What has settled is told of in the next microtask.
      await Promise.resolve();
      for (const [rank, requestClass] of requestClasses.entries()) {
        const lower = requestClasses.slice(0, rank);
        const expected = lower.flatMap((name) =>
          all.filter((each) => each.class === name && each.state === 'pending').toReversed(),
        );
        expect([...work.below(requestClass)]).toEqual(expected);
      }
      const unsettled = all.filter(({ state }) => state !== 'fulfilled');
      expect(new Set(work.all())).toEqual(new Set(unsettled));
    }),
  );
});

test('none: when the last has settled, or at once', async () => {
  const work = new AdmittedWork();
  expect(await settlementOf(work.none())).toBe('fulfilled');
  const two = [new Work('normal'), new Work('critical')] as const;
  for (const each of two) work.add(each.class, each as unknown as Future<unknown>);
  const none = work.none();
  two[0].settle();
  expect(await settlementOf(none)).toBe('pending');
  two[1].settle();
  expect(await settlementOf(none)).toBe('fulfilled');
});
