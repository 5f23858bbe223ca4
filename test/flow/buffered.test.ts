import { getEventListeners } from 'node:events';
import { setImmediate as immediate } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { InvalidOptionError } from '../../src/base/errors.ts';
import { buffered, bufferUnordered } from '../../src/flow/buffered.ts';
import type { Thunk } from '../../src/flow/intake.ts';
import { Channel } from '../../src/flow/channel.ts';
import { collect, reasonOf, rounds, settlementOf } from '../support/settling.ts';

/** Work that ends when the test says so. */
class Works {
  readonly begun: number[] = [];
  readonly signals: AbortSignal[] = [];
  readonly #ends = new Map<number, { resolve(value: number): void; reject(reason: unknown): void }>();
  /** Items that were pulled from `source()`. */
  pulled = 0;
  closed = 0;

  thunk(id: number): Thunk<number> {
    return (signal) => {
      this.begun.push(id);
      this.signals.push(signal);
      return new Promise((resolve, reject) => this.#ends.set(id, { resolve, reject }));
    };
  }

  end(...ids: number[]): void {
    for (const id of ids) this.#ends.get(id)?.resolve(id);
  }

  fail(id: number, reason: unknown): void {
    this.#ends.get(id)?.reject(reason);
  }

  *source(count = Infinity): Generator<Thunk<number>> {
    try {
      for (let id = 1; id <= count; id++) {
        this.pulled++;
        yield this.thunk(id);
      }
    } finally {
      this.closed++;
    }
  }

  async *asyncSource(count = Infinity): AsyncGenerator<Thunk<number>> {
    for (const thunk of this.source(count)) {
      await Promise.resolve();
      yield thunk;
    }
  }
}

const constant = <T>(...values: T[]): Thunk<T>[] => values.map((value) => () => value);

/** Settles after so many rounds of the event loop. */
const after =
  <T>(count: number, value: T): Thunk<T> =>
  async () => {
    await rounds(count);
    return value;
  };

describe.each([
  ['buffered', buffered],
  ['bufferUnordered', bufferUnordered],
] as const)('%s', (_, stream) => {
  test('yields every result of any iterable, sync and async', async () => {
    expect(await collect(stream([], 2))).toEqual([]);
    expect(await collect(stream(constant(1, 2, 3), 2))).toEqual([1, 2, 3]);
    expect(await collect(stream(new Set(constant(1, 2, 3)), 2))).toEqual([1, 2, 3]);
    expect(await collect(stream(constant(1, 2, 3).values(), 1))).toEqual([1, 2, 3]);
    async function* source() {
      yield* constant(1, 2, 3);
    }
    expect(await collect(stream(source(), 2))).toEqual([1, 2, 3]);
    async function* empty(): AsyncGenerator<Thunk<number>> {}
    expect(await collect(stream(empty(), 2))).toEqual([]);
  });

  test('takes a channel of thunks as its source', async () => {
    const channel = new Channel<Thunk<number>>(1);
    const results = collect(stream(channel, 2));
    for (const thunk of constant(1, 2, 3, 4)) await channel.send(thunk);
    channel.close();
    expect(await results).toEqual([1, 2, 3, 4]);
  });

  test('runs one at a time with n = 1', async () => {
    let running = 0;
    const thunks = Array.from({ length: 20 }, (_, index) => async () => {
      expect(++running).toBe(1);
      await rounds(index % 3);
      running--;
      return index;
    });
    expect(await collect(stream(thunks, 1))).toHaveLength(20);
  });

  test('pulls nothing before the first next()', async () => {
    const works = new Works();
    const results = stream(works.source(), 3);
    await rounds();
    expect(works.pulled).toBe(0);
    void results.next();
    expect([works.pulled, works.begun]).toEqual([3, [1, 2, 3]]);
  });

  test.each(['source', 'asyncSource'] as const)(
    'never has more than n in flight or unread: %s',
    async (kind) => {
      const works = new Works();
      const results = stream(works[kind](), 3);
      const first = results.next();
      await rounds();
      works.end(1, 2, 3);
      expect((await first).value).toBe(1);
      await rounds();
      // One was read, so one more was pulled; two are finished and unread.
      expect(works.pulled).toBe(4);
      expect((await results.next()).value).toBe(2);
      await rounds();
      expect(works.pulled).toBe(5);
    },
  );

  test('serves readers that do not wait for each other, in the order of asking', async () => {
    const works = new Works();
    const results = stream(works.source(3), 2);
    const reads = [results.next(), results.next(), results.next(), results.next(), results.next()];
    works.end(1, 2);
    await rounds();
    works.end(3);
    expect((await Promise.all(reads)).map(({ value }) => value)).toEqual([1, 2, 3, undefined, undefined]);
    expect(await results.next()).toEqual({ done: true, value: undefined });
  });

  describe('a failure', () => {
    test('is thrown, ends the iteration, and nothing more is pulled', async () => {
      const works = new Works();
      const error = new Error('2');
      const results = stream(works.source(), 2);
      const first = results.next();
      works.end(1);
      await first;
      const second = results.next();
      works.fail(2, error);
      await rounds();
      works.end(3);
      expect(await reasonOf(second)).toBe(error);
      expect(await results.next()).toEqual({ done: true, value: undefined });
      expect([works.pulled, works.closed]).toEqual([3, 1]);
    });

    test('may be thrown at once, or be no error at all', async () => {
      const results = stream(
        [
          () => {
            throw undefined;
          },
        ],
        1,
      );
      const [settled] = await Promise.allSettled([results.next()]);
      expect(settled).toEqual({ status: 'rejected', reason: undefined });
    });

    test('is thrown only when nothing runs any more, and aborts what runs', async () => {
      const works = new Works();
      const results = stream(works.source(), 3);
      const first = results.next();
      works.fail(1, 'broken');
      expect(await settlementOf(first)).toBe('pending');
      expect(works.signals.map(({ aborted, reason }) => [aborted, reason])).toEqual(
        works.begun.map(() => [true, 'broken']),
      );
      works.end(2);
      works.fail(3, 'this one too, which nobody asks about');
      expect(await reasonOf(first)).toBe('broken');
    });

    test("with onLeave: 'wait' lets the others finish undisturbed", async () => {
      const works = new Works();
      const results = stream(works.source(), 2, { onLeave: 'wait' });
      const first = results.next();
      works.fail(1, 'broken');
      expect(await settlementOf(first)).toBe('pending');
      expect(works.signals[1]?.aborted).toBe(false);
      works.end(2);
      expect(await reasonOf(first)).toBe('broken');
    });

    test('with outcomes stops nobody', async () => {
      const error = new Error('no');
      const thunks: Thunk<number>[] = [
        () => 1,
        () => Promise.reject(error),
        () => {
          throw error;
        },
        async () => 4,
      ];
      expect(await collect(stream(thunks, 2, { outcomes: true }))).toEqual([
        { status: 'fulfilled', value: 1 },
        { status: 'rejected', reason: error },
        { status: 'rejected', reason: error },
        { status: 'fulfilled', value: 4 },
      ]);
    });

    test('thrown at once by twenty thousand in a row needs no stack', async () => {
      const error = new Error('no');
      const thunks = Array.from({ length: 20_000 }, () => () => {
        throw error;
      });
      expect(await collect(stream(thunks, 20_000, { outcomes: true }))).toHaveLength(20_000);
    });
  });

  describe('an error of the source', () => {
    test('is thrown after the results that were in flight', async () => {
      const error = new Error('source');
      function* source() {
        yield after(3, 'a');
        yield after(1, 'a');
        throw error;
      }
      const results = stream(source(), 5);
      expect([(await results.next()).value, (await results.next()).value]).toEqual(['a', 'a']);
      expect(await reasonOf(results.next())).toBe(error);
      expect((await results.next()).done).toBe(true);
    });

    test('gives way to a failure that was in flight before it, and comes after it with outcomes', async () => {
      const [failed, broken] = [new Error('failed'), new Error('source')];
      function* source(): Generator<Thunk<number>> {
        yield () => Promise.reject(failed);
        throw broken;
      }
      const results = stream(source(), 2);
      expect(await reasonOf(results.next())).toBe(failed);
      expect((await results.next()).done).toBe(true);
      const outcomes = stream(source(), 2, { outcomes: true });
      expect((await outcomes.next()).value).toEqual({ status: 'rejected', reason: failed });
      expect(await reasonOf(outcomes.next())).toBe(broken);
    });

    test('by an async source, at its first step', async () => {
      const source = {
        [Symbol.asyncIterator]: () => ({ next: () => Promise.reject(new Error('foo')) }),
      };
      expect(await reasonOf(stream(source, 2).next())).toMatchObject({ message: 'foo' });
    });

    test('a step that is no object, of an iterator made by hand, is one', async () => {
      const sources = [
        { [Symbol.asyncIterator]: () => ({ next: () => Promise.resolve(undefined) }) },
        { [Symbol.iterator]: () => ({ next: () => 5 }) },
      ];
      for (const source of sources) {
        const results = stream(source as never, 2);
        expect(await reasonOf(results.next())).toMatchObject({
          option: 'source',
          message: expect.stringMatching(/must return an object with done and value, not (undefined|5)/),
        });
        expect((await results.next()).done).toBe(true);
      }
    });

    test('an item that is a promise already runs: told so, and the source is closed', async () => {
      let closed = false;
      function* source() {
        try {
          yield () => 1;
          yield Promise.resolve(2) as never;
        } finally {
          closed = true;
        }
      }
      const results = stream(source(), 2);
      expect((await results.next()).value).toBe(1);
      const error = await reasonOf(results.next());
      expect(error).toBeInstanceOf(InvalidOptionError);
      expect((error as Error).message).toContain('a promise already runs');
      expect(closed).toBe(true);
    });
  });

  describe('a loop that is left', () => {
    test('stops pulling, closes the source, aborts what runs and waits for it', async () => {
      const works = new Works();
      const results = stream(works.source(), 2);
      const first = results.next();
      works.end(1);
      await first;
      const left = results.return?.();
      expect(await settlementOf(left as Promise<unknown>)).toBe('pending');
      const [, second, third] = works.signals;
      expect([second?.aborted, third?.reason]).toEqual([
        true,
        expect.objectContaining({ name: 'AbortError' }),
      ]);
      works.end(2);
      works.fail(3, third?.reason);
      expect(await left).toEqual({ done: true, value: undefined });
      expect([works.pulled, works.closed]).toEqual([3, 1]);
      expect((await results.next()).done).toBe(true);
    });

    test("with onLeave: 'wait' waits without aborting", async () => {
      const works = new Works();
      const results = stream(works.source(), 2, { onLeave: 'wait' });
      const first = results.next();
      works.end(1);
      await first;
      const left = results.return?.() as Promise<unknown>;
      expect(await settlementOf(left)).toBe('pending');
      expect(works.signals.some(({ aborted }) => aborted)).toBe(false);
      works.end(2, 3);
      await left;
    });

    test('by break', async () => {
      const log: number[] = [];
      const thunks = Array.from({ length: 10 }, (_, index) => () => log.push(index));
      for await (const result of stream(thunks, 2)) {
        expect(result).toBe(1);
        break;
      }
      await rounds();
      expect(log.length).toBeLessThanOrEqual(3);
    });

    test('does not wait for a source that is stuck, and runs nothing that it yields late', async () => {
      let release: (value: unknown) => void = () => {};
      let ran = false;
      async function* source(): AsyncGenerator<Thunk<number>> {
        yield () => 1;
        await new Promise((resolve) => (release = resolve));
        yield () => ((ran = true), 2);
      }
      for await (const result of stream(source(), 2)) {
        expect(result).toBe(1);
        break;
      }
      release(null);
      await rounds();
      expect(ran).toBe(false);
    });

    test("throws what the source's own clean-up throws", async () => {
      const source = {
        [Symbol.iterator]: () => ({
          next: () => ({ done: false, value: () => 1 }),
          return: () => {
            throw new Error('clean-up');
          },
        }),
      };
      const loop = (async () => {
        for await (const _ of stream(source as Iterable<Thunk<number>>, 1)) break;
      })();
      expect(await reasonOf(loop)).toMatchObject({ message: 'clean-up' });
    });

    test('by the source itself, while it is pulled: what it yields then is not run', async () => {
      let ran = false;
      const source = {
        [Symbol.iterator]: () => ({
          next: () => {
            void results.return?.();
            return { done: false, value: () => ((ran = true), 1) };
          },
        }),
      };
      const results = stream(source as Iterable<Thunk<number>>, 2);
      expect((await results.next()).done).toBe(true);
      expect(ran).toBe(false);
    });

    test('before it began closes the source, and a second time does nothing', async () => {
      const works = new Works();
      const results = stream(works.source(), 2);
      await Promise.all([results.return?.(), results.return?.()]);
      expect([(await results.next()).done, works.pulled]).toEqual([true, 0]);
    });

    test('by a thunk, when it is aborted', async () => {
      const results = stream(
        [
          () => immediate('first'),
          (signal) =>
            new Promise((resolve) => {
              signal.addEventListener('abort', () => {
                void results.return?.();
                resolve('second');
              });
            }),
        ],
        2,
      ) as AsyncIterableIterator<unknown>;
      await results.next();
      await results.return?.();
      expect((await results.next()).done).toBe(true);
    });
  });

  test('lets more than ten thunks listen to their signal without a warning', async () => {
    const warnings: Error[] = [];
    const note = (warning: Error) => warnings.push(warning);
    process.on('warning', note);
    const thunks = Array.from({ length: 30 }, () => (signal: AbortSignal) => {
      signal.addEventListener('abort', () => {});
      return immediate();
    });
    await collect(stream(thunks, 30));
    await rounds();
    process.off('warning', note);
    expect(warnings).toEqual([]);
  });

  describe('a signal', () => {
    test('ends the iteration with its reason when nothing runs any more, and leaves no listener', async () => {
      const works = new Works();
      const controller = new AbortController();
      const results = stream(works.source(), 2, { signal: controller.signal });
      const first = results.next();
      const second = results.next();
      controller.abort('stop');
      expect(await settlementOf(first)).toBe('pending');
      works.end(1, 2);
      expect(await reasonOf(first)).toBe('stop');
      expect((await second).done).toBe(true);
      expect(works.closed).toBe(1);
      expect(getEventListeners(controller.signal, 'abort').length).toBe(0);
    });

    test('aborted before: nothing is pulled', async () => {
      const works = new Works();
      const signal = AbortSignal.abort('no');
      const results = stream(works.source(), 2, { signal });
      expect(await reasonOf(results.next())).toBe('no');
      expect([works.pulled, (await results.next()).done]).toEqual([0, true]);
      expect(getEventListeners(signal, 'abort').length).toBe(0);
    });

    test('leaves no listener after the end, by whatever way', async () => {
      const { signal } = new AbortController();
      await collect(stream(constant(1, 2), 1, { signal }));
      for await (const _ of stream(constant(1, 2), 1, { signal })) break;
      await reasonOf(stream([() => Promise.reject(new Error('no'))], 1, { signal }).next());
      expect(getEventListeners(signal, 'abort').length).toBe(0);
    });
  });

  describe('bad arguments are refused at once', () => {
    test.each([0, -1, 1.5, NaN, Infinity, undefined, '2'])('n = %j', (n) => {
      expect(() => stream([], n as number)).toThrow(InvalidOptionError);
    });

    test.each([123, null, undefined, 'abc', {}])('source = %j', (source) => {
      expect(() => stream(source as never, 1)).toThrow(/source must be an iterable/);
    });

    test('options', () => {
      expect(() => stream([], 1, { concurrency: 2 } as object)).toThrow(/unknown option 'concurrency'/);
      expect(() => stream([], 1, { onLeave: 'run' as never })).toThrow(InvalidOptionError);
    });
  });
});

describe('buffered', () => {
  test('keeps the order of the source, however long each takes', async () => {
    const counts = [10, 20, 1, 4, 1, 5, 0, 3];
    expect(
      await collect(
        buffered(
          counts.map((count) => after(count, count)),
          2,
        ),
      ),
    ).toEqual(counts);
  });

  test('waits for the first, with the second done', async () => {
    const works = new Works();
    const results = buffered(works.source(2), 2);
    const first = results.next();
    works.end(2);
    expect(await settlementOf(first)).toBe('pending');
    works.end(1);
    expect([(await first).value, (await results.next()).value]).toEqual([1, 2]);
    expect((await results.next()).done).toBe(true);
  });

  test('throws a failure in its turn, and runs nothing more once it is known', async () => {
    const works = new Works();
    const results = buffered(works.source(), 3);
    const first = results.next();
    works.fail(2, 'broken');
    await rounds();
    works.end(1);
    expect((await first).value).toBe(1);
    expect(works.pulled).toBe(3);
    const second = results.next();
    works.end(3);
    expect(await reasonOf(second)).toBe('broken');
  });
});

describe('bufferUnordered', () => {
  test('yields what ends first, refills as it is read, and keeps its bound', async () => {
    const works = new Works();
    const results = bufferUnordered(works.source(9), 4);
    const read = async () => (await results.next()).value;
    const first = read();
    expect(works.begun).toEqual([1, 2, 3, 4]);
    works.end(1);
    expect(await first).toBe(1);
    for (const id of [3, 2, 4]) {
      works.end(id);
      expect(await read()).toBe(id);
    }
    expect(works.begun).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
    for (const id of [5, 8, 9, 7, 6]) {
      await rounds(1);
      works.end(id);
      expect(await read()).toBe(id);
    }
    expect(await read()).toBeUndefined();
  });
});
