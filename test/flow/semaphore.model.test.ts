import fc from '../support/fast-check.ts';
import { expect, test } from 'vitest';
import type { Permit } from '../../src/flow/permit.ts';
import { Semaphore } from '../../src/flow/semaphore.ts';
import type { Each } from '../support/each.ts';

type Step =
  | Each<'acquire' | 'try' | 'resize', { n: number }>
  | Each<'release' | 'abort', { at: number }>
  | Each<'tick'>;

const n = fc.integer({ min: 1, max: 4 });
const steps: fc.Arbitrary<Step[]> = fc.array(
  fc.oneof(
    fc.record({ kind: fc.constantFrom('acquire' as const, 'try' as const), n }),
    fc.record({ kind: fc.constant('resize' as const), n: fc.integer({ min: 0, max: 6 }) }),
    fc.record({ kind: fc.constantFrom('release' as const, 'abort' as const), at: fc.nat(8) }),
    fc.record({ kind: fc.constant('tick' as const) }),
  ),
  { maxLength: 120, size: 'max' },
);

interface Caller {
  readonly id: number;
  readonly n: number;
  readonly controller: AbortController;
}

/** The semaphore as it should be, with the permits of callers who have been granted some and do not know yet. */
class Model {
  total: number;
  readonly held: { permit: Permit; n: number }[] = [];
  readonly line: Caller[] = [];
  readonly granted: Caller[] = [];

  constructor(total: number) {
    this.total = total;
  }

  get taken(): number {
    return [...this.held, ...this.granted].reduce((sum, each) => sum + each.n, 0);
  }

  grantNext(): void {
    for (
      let [first] = this.line;
      first !== undefined && this.taken + first.n <= this.total;
      [first] = this.line
    ) {
      this.granted.push(this.line.shift() as Caller);
    }
  }
}

test('first come, first served, and never more than the permits, at every step', async () => {
  await fc.assert(
    fc.asyncProperty(fc.integer({ min: 0, max: 5 }), steps, async (permits, script) => {
      const semaphore = new Semaphore(permits);
      const model = new Model(permits);
      const wrong: number[] = [];
      let ids = 0;
      const acquire = (size: number) => {
        const caller = { id: ids++, n: size, controller: new AbortController() };
        const impossible = size > model.total && model.total > 0;
        const free = model.line.length === 0 && model.taken + size <= model.total;
        if (free) model.granted.push(caller);
        else if (!impossible) model.line.push(caller);
        semaphore.acquire({ n: size, signal: caller.controller.signal }).then(
          (permit) => {
            // Only ever whom the model has granted it.
            const at = model.granted.indexOf(caller);
            if (at < 0) wrong.push(caller.id);
            model.granted.splice(at, 1);
            model.held.push({ permit, n: size });
          },
          () => {},
        );
      };
      const abort = (at: number) => {
        const all = [...model.granted, ...model.line];
        const caller = all[at];
        if (caller === undefined) return;
        for (const list of [model.granted, model.line]) {
          const index = list.indexOf(caller);
          // Granted without waiting: that was settled at once, and can't be taken back.
          if (index >= 0 && !atOnce.has(caller.id)) list.splice(index, 1);
        }
        caller.controller.abort();
        model.grantNext();
      };
      const atOnce = new Set<number>();
      for (const step of script) {
        if (step.kind === 'acquire') {
          const before = model.granted.length;
          acquire(step.n);
          if (model.granted.length > before) atOnce.add(ids - 1);
        } else if (step.kind === 'try') {
          const expected = model.line.length === 0 && model.taken + step.n <= model.total;
          const permit = semaphore.tryAcquire({ n: step.n });
          expect(permit !== null).toBe(expected);
          if (permit !== null) model.held.push({ permit, n: step.n });
        } else if (step.kind === 'resize') {
          model.total = step.n;
          semaphore.resize(step.n);
          model.grantNext();
        } else if (step.kind === 'release') {
          const [gone] = model.held.splice(step.at, 1);
          gone?.permit.release();
          gone?.permit.release();
          model.grantNext();
        } else if (step.kind === 'abort') {
          abort(step.at);
          // What was granted and is aborted comes back with the next tick.
          for (let turns = 0; turns < 5; turns++) await Promise.resolve();
        } else for (let turns = 0; turns < 5; turns++) await Promise.resolve();
        expect(wrong).toEqual([]);
        expect(semaphore.waiting).toBe(model.line.length);
        expect(semaphore.available).toBe(Math.max(0, model.total - model.taken));
        const [first] = model.line;
        if (first !== undefined) expect(model.taken + first.n).toBeGreaterThan(model.total);
      }
    }),
    { numRuns: 400 },
  );
});

type Use =
  | Each<'use', { n: number }>
  | Each<'end' | 'fail' | 'abort', { at: number }>
  | Each<'close' | 'tick'>;

const uses: fc.Arbitrary<Use[]> = fc.array(
  fc.oneof(
    { weight: 20, arbitrary: fc.record({ kind: fc.constant('use' as const), n }) },
    {
      weight: 24,
      arbitrary: fc.record({
        kind: fc.constantFrom('end' as const, 'end' as const, 'fail' as const, 'abort' as const),
        at: fc.nat(6),
      }),
    },
    { weight: 12, arbitrary: fc.constant<Use>({ kind: 'tick' }) },
    { weight: 1, arbitrary: fc.constant<Use>({ kind: 'close' }) },
  ),
  { maxLength: 120, size: 'max' },
);

test('use() begins in order, never runs more than the permits, and gives all of them back, at every step', async () => {
  await fc.assert(
    fc.asyncProperty(fc.integer({ min: 4, max: 6 }), uses, async (permits, script) => {
      const semaphore = new Semaphore(permits);
      const running: { id: number; n: number; end(): void; fail(): void }[] = [];
      const controllers: AbortController[] = [];
      const begun: number[] = [];
      const all: Promise<unknown>[] = [];
      const tick = async () => {
        for (let turns = 0; turns < 8; turns++) await Promise.resolve();
      };
      const look = () => {
        const held = running.reduce((sum, each) => sum + each.n, 0);
        expect(held).toBeLessThanOrEqual(permits);
        expect(semaphore.available).toBeLessThanOrEqual(permits - held);
        expect(begun).toEqual(begun.toSorted((a, b) => a - b));
      };
      for (const step of script) {
        if (step.kind === 'use') {
          const id = controllers.length;
          const controller = new AbortController();
          controllers.push(controller);
          const work = () => {
            expect(controller.signal.aborted).toBe(false);
            begun.push(id);
            return new Promise<void>((end, reject) =>
              running.push({ id, n: step.n, end, fail: () => reject(new Error('failed')) }),
            );
          };
          all.push(
            semaphore.use(work, { n: step.n, signal: controller.signal }).catch((error: Error) => error),
          );
        } else if (step.kind === 'end' || step.kind === 'fail') running.splice(step.at, 1)[0]?.[step.kind]();
        else if (step.kind === 'abort') controllers.at(-1 - step.at)?.abort(new Error('aborted'));
        else if (step.kind === 'close') semaphore.close();
        else {
          await tick();
          const held = running.reduce((sum, each) => sum + each.n, 0);
          expect(semaphore.available).toBe(permits - held);
        }
        look();
      }
      do {
        for (const each of running.splice(0)) each.end();
        await tick();
        look();
      } while (running.length > 0);
      // Whoever was refused, or failed, did so for a reason of this script.
      for (const error of await Promise.all(all)) {
        if (error !== undefined)
          expect((error as Error).message).toMatch(/failed|aborted|semaphore is closed/);
      }
      expect([semaphore.available, semaphore.waiting]).toEqual([permits, 0]);
    }),
    { numRuns: 300 },
  );
});
