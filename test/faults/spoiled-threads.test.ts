import { tasks } from 'millrace';
import type { Executor } from 'millrace';
import { afterEach, beforeEach, describe, expect, vi } from 'vitest';
import { Builtins } from '../../src/pool/worker/isolation/builtins.ts';
import { listBuiltins } from '../../src/pool/worker/isolation/builtin-list.ts';
import { builtinsWork } from '../../src/pool/worker/isolation/builtins-work.ts';
import { patchKinds, spoilKinds, value } from '../fixtures/spoils.mjs';
import { testWith } from '../support/executor-test.ts';

const test = testWith({ workers: 1, maxPending: 50 });

const spoils = tasks<typeof import('../fixtures/spoils.mjs')>(
  new URL('../fixtures/spoils.mjs', import.meta.url),
);
let warnings: string[];
const warned = (warning: Error) => void warnings.push(`${warning.name}: ${warning.message}`);
beforeEach(() => {
  warnings = [];
  process.on('warning', warned);
});
afterEach(() => {
  process.off('warning', warned);
});

const harmless = () => [
  spoils.value(),
  spoils.small(),
  spoils.fails(),
  spoils.waits(),
  spoils.asks(),
  spoils.prints(),
  spoils.iterates(),
  spoils.aborts(),
  spoils.nests(),
];
const error = Object.assign(new RangeError('message', { cause: new TypeError('cause') }), { code: 'E_CODE' });
const small = Buffer.from('small');
const right = [value(), small, error, 'waited', false, undefined, [1, 2, 1, 2], true, small];

const ends = async (executor: Executor, some: readonly ReturnType<typeof harmless>[number][]) => {
  const futures = await Promise.all(some.map((task) => executor.submit<unknown>(task)));
  const outcomes = await Promise.all(futures.map((future) => future.outcome()));
  return outcomes.map((outcome) => (outcome.status === 'fulfilled' ? outcome.value : outcome.reason));
};

describe('a task that leaves built-ins in a state that others can’t do with leaves them no others', () => {
  test.for(spoilKinds)('%s', async (kind, { executor }) => {
    // From now on they travel together.
    await ends(executor, [...harmless(), ...harmless()]);
    const printed = vi.spyOn(process.stdout, 'write').mockReturnValue(true);
    try {
      const [, ...behind] = await ends(executor, [spoils.spoil(kind), ...harmless()]);
      expect(behind).toEqual(right);
      expect(await ends(executor, harmless())).toEqual(right);
      expect(printed.mock.calls.map(([text]) => text).join('')).toBe('printed\n'.repeat(2));
    } finally {
      printed.mockRestore();
    }
  });

  test('no output, before any other task has printed', async ({ executor }) => {
    const printed = vi.spyOn(process.stdout, 'write').mockReturnValue(true);
    try {
      await executor.run(spoils.spoil('no output'));
      await executor.run(spoils.prints());
      expect(printed.mock.calls).toEqual([['printed\n', expect.any(Function)]]);
    } finally {
      printed.mockRestore();
    }
  });

  test('and the process is told what it has changed', async ({ executor }) => {
    await executor.run(spoils.spoil('a Set that has everything'));
    await executor.shutdown();
    expect(warnings).toEqual([
      'MillraceWorkerWarning: a task has changed what other tasks of its thread rely on (Set.prototype.has): the executor replaces the thread',
    ]);
  });
});

describe('a thread goes on when its built-ins do what they are there for', () => {
  test.for(patchKinds)('%s', async (kind, { executor }) => {
    const thread = await executor.run(spoils.thread());
    await executor.run(spoils.patch(kind));
    await executor.run(spoils.patch(kind));
    expect(await ends(executor, [...harmless().slice(0, 5), spoils.thread()])).toEqual([
      ...right.slice(0, 5),
      thread,
    ]);
    expect(warnings).toEqual([]);
  });

  test('or a module has changed them while it was loaded', async ({ executor }) => {
    const module = tasks<{ thread(): number; third(): number }>(
      new URL('../fixtures/spoiled-when-loaded.mjs', import.meta.url),
    );
    const thread = await executor.run(module.thread());
    expect(await executor.run(module.third())).toBe(3);
    expect(await executor.run(module.thread())).toBe(thread);
    expect(warnings).toEqual([]);
  });
});

describe('of built-ins', () => {
  test('all are what they are there for, in a fresh thread', () => expect(builtinsWork()).toBe(true));

  test('each one that is changed is named, once it is', () => {
    const { defineProperty } = Object;
    const builtins = new Builtins();
    expect(builtins.isAllIntact).toBe(true);
    for (const { name, object, key } of listBuiltins()) {
      const before = Object.getOwnPropertyDescriptor(object, key);
      defineProperty(object, key, { value: () => {}, configurable: true, writable: true });
      const seen = [builtins.isAllIntact, builtins.changed()];
      if (before === undefined) Reflect.deleteProperty(object, key);
      else defineProperty(object, key, before);
      expect(seen).toEqual([false, expect.arrayContaining([name])]);
    }
    expect(builtins.isAllIntact).toBe(true);
  });

  test('what was accepted is no change any more', () => {
    const builtins = new Builtins();
    const { has } = Set.prototype;
    Set.prototype.has = function own(each) {
      return has.call(this, each);
    };
    expect(builtins.changed()).toEqual(['Set.prototype.has']);
    builtins.accept();
    expect([builtins.isAllIntact, builtins.changed()]).toEqual([true, []]);
    Set.prototype.has = has;
    expect(builtins.changed()).toEqual(['Set.prototype.has']);
  });
});
