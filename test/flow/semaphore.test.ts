import { AsyncLocalStorage } from 'node:async_hooks';
import { getEventListeners } from 'node:events';
import { describe, expect, test } from 'vitest';
import { FlowClosedError, InvalidOptionError } from '../../src/base/errors.ts';
import type { Permit } from '../../src/flow/permit.ts';
import { Semaphore } from '../../src/flow/semaphore.ts';
import { reasonOf, rounds, settlementOf } from '../support/settling.ts';

/** Acquires, and writes its name down when it is granted. */
function waiterOf(semaphore: Semaphore, log: string[]) {
  return (name: string, options?: { n?: number; signal?: AbortSignal }) =>
    semaphore.acquire(options).then((permit) => {
      log.push(name);
      return permit;
    });
}

describe('permits', () => {
  test('are taken at once while they are free', async () => {
    const semaphore = new Semaphore(3);
    const first = await semaphore.acquire();
    const second = await semaphore.acquire({ n: 2 });
    expect([first.n, second.n, semaphore.available, semaphore.permits]).toEqual([1, 2, 0, 3]);
    second.release();
    expect(semaphore.available).toBe(2);
  });

  test('a semaphore of none lets everybody wait', async () => {
    const semaphore = new Semaphore(0);
    expect(semaphore.tryAcquire()).toBeNull();
    const granted = semaphore.acquire({ n: 2 });
    expect(await settlementOf(granted)).toBe('pending');
    semaphore.resize(1);
    expect(await settlementOf(granted)).toBe('pending');
    semaphore.resize(2);
    expect(await granted).toMatchObject({ n: 2, released: false });
  });

  test('tryAcquire never waits', () => {
    const semaphore = new Semaphore(1);
    const permit = semaphore.tryAcquire();
    expect(permit).not.toBeNull();
    expect(semaphore.tryAcquire()).toBeNull();
    permit?.release();
    expect(semaphore.tryAcquire()).not.toBeNull();
  });

  test('tryAcquire takes many or none', () => {
    const semaphore = new Semaphore(5);
    expect(semaphore.tryAcquire()?.n).toBe(1);
    expect(semaphore.tryAcquire({ n: 5 })).toBeNull();
    expect(semaphore.tryAcquire({ n: 6 })).toBeNull();
    expect(semaphore.available).toBe(4);
    expect(semaphore.tryAcquire({ n: 4 })?.n).toBe(4);
    expect(semaphore.available).toBe(0);
  });

  test('are released once, whatever is called again', async () => {
    const semaphore = new Semaphore(2);
    const permit = await semaphore.acquire();
    permit.release();
    permit.release();
    permit[Symbol.dispose]();
    expect([semaphore.available, permit.released]).toEqual([2, true]);
  });

  test('are released at the end of a block by using', async () => {
    const semaphore = new Semaphore(1);
    {
      using permit = await semaphore.acquire();
      expect([permit.n, semaphore.available]).toEqual([1, 0]);
    }
    expect(semaphore.available).toBe(1);
  });

  test('a thousand callers leave all of them behind', async () => {
    const semaphore = new Semaphore(5);
    await Promise.all(
      Array.from({ length: 1000 }, async () => {
        const permit = await semaphore.acquire();
        await Promise.resolve();
        permit.release();
      }),
    );
    expect([semaphore.available, semaphore.waiting]).toEqual([5, 0]);
  });

  test('a line of any length is granted without recursion', async () => {
    const semaphore = new Semaphore(1);
    const held = await semaphore.acquire();
    const all = Array.from({ length: 20_000 }, () => semaphore.acquire().then((permit) => permit.release()));
    expect(semaphore.waiting).toBe(20_000);
    held.release();
    await Promise.all(all);
    expect([semaphore.available, semaphore.waiting]).toEqual([1, 0]);
  });
});

describe('the line', () => {
  test('is first come, first served', async () => {
    const semaphore = new Semaphore(1);
    const log: string[] = [];
    const client = async (name: string) => {
      for (const turn of [1, 2]) {
        const permit = await semaphore.acquire();
        log.push(`${name}${turn}`);
        await rounds(1);
        permit.release();
      }
    };
    await Promise.all(['a', 'b', 'c'].map(client));
    expect(log).toEqual(['a1', 'b1', 'c1', 'a2', 'b2', 'c2']);
  });

  test('grants as many as came free at a time', async () => {
    const semaphore = new Semaphore(3);
    const log: string[] = [];
    const acquire = waiterOf(semaphore, log);
    const held = [await semaphore.acquire(), await semaphore.acquire()];
    const [first] = ['1', '2', '3', '4'].map((name) => acquire(name));
    await rounds();
    expect([log, semaphore.waiting]).toEqual([['1'], 3]);
    for (const permit of held) permit.release();
    expect([semaphore.available, semaphore.waiting]).toEqual([0, 1]);
    await rounds();
    expect(log).toEqual(['1', '2', '3']);
    (await first)?.release();
    await rounds();
    expect(log).toEqual(['1', '2', '3', '4']);
  });

  test('who releases and acquires again stands at its end', async () => {
    const semaphore = new Semaphore(1);
    const log: string[] = [];
    const acquire = waiterOf(semaphore, log);
    const held = await semaphore.acquire();
    const first = acquire('1');
    const second = acquire('2').then((permit) => {
      permit.release();
      return acquire('4');
    });
    const third = acquire('3');
    held.release();
    (await first).release();
    (await third).release();
    (await second).release();
    expect(log).toEqual(['1', '2', '3', '4']);
  });

  test('large acquire does not starve: nobody overtakes it, neither in line nor with tryAcquire', async () => {
    const semaphore = new Semaphore(5);
    const log: string[] = [];
    const acquire = waiterOf(semaphore, log);
    const held = await semaphore.acquire();
    const large = acquire('large', { n: 5 });
    const small = acquire('small', { n: 3 });
    expect(semaphore.available).toBe(4);
    expect(semaphore.tryAcquire()).toBeNull();
    await rounds();
    expect(log).toEqual([]);
    held.release();
    await rounds();
    expect(log).toEqual(['large']);
    (await large).release();
    (await small).release();
    expect(log).toEqual(['large', 'small']);
  });

  test('a newcomer does not overtake who has been granted and has not run yet', async () => {
    const semaphore = new Semaphore(1);
    const held = await semaphore.acquire();
    const waiting = semaphore.acquire();
    held.release();
    expect(semaphore.tryAcquire()).toBeNull();
    (await waiting).release();
  });
});

describe('an aborted wait', () => {
  test('rejects with the reason, unchanged, and leaves no listener', async () => {
    const semaphore = new Semaphore(1);
    const held = await semaphore.acquire();
    const controller = new AbortController();
    const reasons = [1, 2, 3].map(() => reasonOf(semaphore.acquire({ signal: controller.signal })));
    expect(getEventListeners(controller.signal, 'abort').length).toBe(1);
    const reason = { why: 'no error at all' };
    controller.abort(reason);
    expect(await Promise.all(reasons)).toEqual([reason, reason, reason]);
    expect((await Promise.all(reasons))[0]).toBe(reason);
    expect([semaphore.waiting, getEventListeners(controller.signal, 'abort').length]).toEqual([0, 0]);
    held.release();
    expect(semaphore.available).toBe(1);
  });

  test('that was granted leaves no listener either', async () => {
    const semaphore = new Semaphore(1);
    const held = await semaphore.acquire();
    const { signal } = new AbortController();
    const granted = semaphore.acquire({ signal });
    held.release();
    (await granted).release();
    expect(getEventListeners(signal, 'abort').length).toBe(0);
  });

  test('with a signal aborted before is refused at once, also when permits are free', async () => {
    const semaphore = new Semaphore(1);
    const signal = AbortSignal.abort('no');
    expect(await reasonOf(semaphore.acquire({ signal }))).toBe('no');
    expect(await reasonOf(semaphore.use(() => {}, { signal }))).toBe('no');
    expect(semaphore.available).toBe(1);
  });

  test('in the midst of the line is passed over', async () => {
    const semaphore = new Semaphore(0);
    const log: string[] = [];
    const acquire = waiterOf(semaphore, log);
    const controller = new AbortController();
    const gone = ['1', '2'].map((name) => reasonOf(acquire(name, { signal: controller.signal })));
    void acquire('3');
    void acquire('4');
    controller.abort();
    semaphore.resize(1);
    await Promise.all(gone);
    await rounds();
    expect([log, semaphore.waiting]).toEqual([['3'], 1]);
  });

  test('that was first lets those behind it in who fit', async () => {
    const semaphore = new Semaphore(10);
    const held = semaphore.tryAcquire({ n: 4 });
    const controller = new AbortController();
    const large = reasonOf(semaphore.acquire({ n: 8, signal: controller.signal }));
    const small = semaphore.acquire({ n: 6 });
    expect(await settlementOf(small)).toBe('pending');
    controller.abort();
    await large;
    expect((await small).n).toBe(6);
    held?.release();
    expect(semaphore.available).toBe(4);
  });

  test('gives back what it was just granted, and the next one gets it', async () => {
    const semaphore = new Semaphore(1);
    const held = await semaphore.acquire();
    const controller = new AbortController();
    const aborted = reasonOf(semaphore.acquire({ signal: controller.signal }));
    const next = semaphore.acquire();
    held.release();
    controller.abort('late');
    expect(await aborted).toBe('late');
    expect((await next).n).toBe(1);
  });

  test('is not granted what another one with the same signal gives up', async () => {
    const semaphore = new Semaphore(2);
    const held = semaphore.tryAcquire();
    const controller = new AbortController();
    const { signal } = controller;
    const reasons = [reasonOf(semaphore.acquire({ n: 2, signal })), reasonOf(semaphore.acquire({ signal }))];
    controller.abort('both');
    expect(semaphore.available).toBe(1);
    expect(await Promise.all(reasons)).toEqual(['both', 'both']);
    held?.release();
    expect(semaphore.available).toBe(2);
  });

  test('of ten thousand with one signal costs no square of steps', async () => {
    const semaphore = new Semaphore(0);
    const controller = new AbortController();
    const { signal } = controller;
    const all = Array.from({ length: 10_000 }, () => reasonOf(semaphore.acquire({ signal })));
    controller.abort('all');
    expect(new Set(await Promise.all(all))).toEqual(new Set(['all']));
    expect(semaphore.waiting).toBe(0);
  });
});

describe('use', () => {
  test('runs one at a time with one permit, in order', async () => {
    const semaphore = new Semaphore(1);
    const log: string[] = [];
    const results = await Promise.all(
      [30, 20, 10].map((value) =>
        semaphore.use(async () => {
          log.push(`begin ${value}`);
          await rounds(value / 10);
          log.push(`end ${value}`);
          return value;
        }),
      ),
    );
    expect(results).toEqual([30, 20, 10]);
    expect(log).toEqual(['begin 30', 'end 30', 'begin 20', 'end 20', 'begin 10', 'end 10']);
  });

  test('never runs more than there are permits, also when functions throw', async () => {
    const semaphore = new Semaphore(5);
    let running = 0;
    const seen: number[] = [];
    const settled = await Promise.allSettled(
      Array.from({ length: 100 }, (_, index) =>
        semaphore.use(async () => {
          seen.push(++running);
          await rounds(1 + (index % 3));
          running--;
          if (index % 7 === 0) throw new Error(`${index}`);
        }),
      ),
    );
    expect(Math.max(...seen)).toBe(5);
    expect(settled.filter(({ status }) => status === 'rejected')).toHaveLength(15);
    expect(semaphore.available).toBe(5);
  });

  test('takes what a function returns or throws at once like what comes later', async () => {
    const semaphore = new Semaphore(1);
    expect(await semaphore.use(() => 1)).toBe(1);
    const error = new Error('at once');
    const throwing = semaphore.use(() => {
      throw error;
    });
    const next = semaphore.use(() => 'ran');
    expect(await reasonOf(throwing)).toBe(error);
    expect(await next).toBe('ran');
    expect(await reasonOf(semaphore.use(() => Promise.reject(error)))).toBe(error);
  });

  test('calls nothing before it returns', async () => {
    const semaphore = new Semaphore(3);
    let value = 1;
    const all = [semaphore.use(() => 1), semaphore.use(() => value)];
    value = 2;
    expect(await Promise.all(all)).toEqual([1, 2]);
  });

  test('does not call a function whose signal is aborted when its turn has come', async () => {
    const semaphore = new Semaphore(1);
    const controller = new AbortController();
    let called = false;
    const aborted = semaphore.use(() => (called = true), { signal: controller.signal });
    controller.abort('no');
    expect(await reasonOf(aborted)).toBe('no');
    expect([called, semaphore.available]).toEqual([false, 1]);
  });

  test('a caller who is cancelled by who just finished does not keep the permit', async () => {
    const semaphore = new Semaphore(1);
    const controller = new AbortController();
    const first = semaphore.use(() => rounds(1)).then(() => controller.abort('gone'));
    const second = semaphore.use(() => {}, { signal: controller.signal });
    await first;
    await Promise.allSettled([second]);
    expect((await semaphore.acquire()).n).toBe(1);
  });

  test("keeps the caller's async context", async () => {
    const semaphore = new Semaphore(2);
    const storage = new AsyncLocalStorage<number>();
    const check = async (id: number) => {
      await Promise.resolve();
      expect(storage.getStore()).toBe(id);
    };
    const ids = Array.from({ length: 50 }, (_, id) => id);
    await Promise.all(ids.map((id) => storage.run(id, () => semaphore.use(() => check(id)))));
  });

  test('holds several permits', async () => {
    const semaphore = new Semaphore(3);
    await semaphore.use(() => expect(semaphore.available).toBe(1), { n: 2 });
    expect(semaphore.available).toBe(3);
  });
});

describe('resize', () => {
  test('to more lets in at once who waits', async () => {
    const semaphore = new Semaphore(2);
    let running = 0;
    const log: number[] = [];
    const all = Array.from({ length: 10 }, () =>
      semaphore.use(async () => {
        log.push(++running);
        await rounds(2);
        running--;
      }),
    );
    await rounds(1);
    expect(running).toBe(2);
    semaphore.resize(4);
    await Promise.all(all);
    expect(Math.max(...log)).toBe(4);
  });

  test('to fewer takes nothing from who holds, and grants nothing until enough came back', async () => {
    const semaphore = new Semaphore(4);
    const held = Array.from({ length: 4 }, () => semaphore.tryAcquire() as Permit);
    const waiting = semaphore.acquire();
    semaphore.resize(2);
    expect([semaphore.available, semaphore.permits]).toEqual([0, 2]);
    held[0]?.release();
    held[1]?.release();
    expect(await settlementOf(waiting)).toBe('pending');
    held[2]?.release();
    (await waiting).release();
    held[3]?.release();
    expect(semaphore.available).toBe(2);
  });

  test('many times, while a large request waits', async () => {
    const semaphore = new Semaphore(7);
    const held = semaphore.tryAcquire({ n: 5 });
    const waiting = semaphore.acquire({ n: 7 });
    semaphore.resize(5);
    held?.release();
    expect(await settlementOf(waiting)).toBe('pending');
    semaphore.resize(10);
    (await waiting).release();
    semaphore.resize(0);
    expect([semaphore.available, semaphore.tryAcquire()]).toEqual([0, null]);
  });
});

describe('close', () => {
  test('refuses who waits, in order, and who comes; what is held is released as ever', async () => {
    const semaphore = new Semaphore(2);
    const held = [semaphore.tryAcquire(), semaphore.tryAcquire()];
    const log: string[] = [];
    const waiting = ['1', '2'].map((name) => reasonOf(semaphore.acquire().finally(() => log.push(name))));
    semaphore.close();
    semaphore.close();
    for (const error of await Promise.all(waiting)) {
      expect(error).toBeInstanceOf(FlowClosedError);
      expect(error).toMatchObject({ code: 'ERR_MILLRACE_FLOW_CLOSED', message: 'the semaphore is closed' });
    }
    expect(log).toEqual(['1', '2']);
    for (const [index, permit] of held.entries()) {
      permit?.release();
      expect(semaphore.available).toBe(index + 1);
      expect(await reasonOf(semaphore.acquire())).toBeInstanceOf(FlowClosedError);
    }
    expect(() => semaphore.tryAcquire()).toThrow(FlowClosedError);
    expect(await reasonOf(semaphore.use(() => {}))).toBeInstanceOf(FlowClosedError);
    semaphore.resize(5);
    expect([semaphore.available, semaphore.closed]).toEqual([5, true]);
  });

  test('lets in nobody in whose way an aborted caller stood', async () => {
    const semaphore = new Semaphore(2);
    semaphore.tryAcquire();
    const controller = new AbortController();
    const { signal } = controller;
    signal.addEventListener('abort', () => semaphore.close());
    const large = reasonOf(semaphore.acquire({ n: 2, signal }));
    const small = reasonOf(semaphore.acquire());
    controller.abort('first');
    expect(await large).toBe('first');
    expect(await small).toBeInstanceOf(FlowClosedError);
    expect(semaphore.available).toBe(1);
  });
});

describe('bad arguments', () => {
  test.each([-1, 1.5, NaN, Infinity, '2', undefined, true, {}])('of the constructor: %j', (permits) => {
    expect(() => new Semaphore(permits as number)).toThrow(InvalidOptionError);
    expect(() => new Semaphore(1).resize(permits as number)).toThrow(InvalidOptionError);
  });

  test('of acquire and use reject, and take nothing', async () => {
    const semaphore = new Semaphore(2);
    for (const options of [{ n: 0 }, { n: 1.5 }, { n: 3 }, { m: 1 }, { signal: {} }, 5]) {
      expect(await reasonOf(semaphore.acquire(options as object))).toBeInstanceOf(InvalidOptionError);
      expect(await reasonOf(semaphore.use(() => {}, options as object))).toBeInstanceOf(InvalidOptionError);
    }
    expect(await reasonOf(semaphore.use('fn' as never))).toBeInstanceOf(InvalidOptionError);
    expect(() => semaphore.tryAcquire({ n: 0 })).toThrow(InvalidOptionError);
    expect(() => new Semaphore(1, { detect: true } as object)).toThrow(/unknown semaphore option 'detect'/);
    expect(semaphore.available).toBe(2);
  });

  test('more permits than there are could never be granted: the error says so', async () => {
    const error = await reasonOf(new Semaphore(2).acquire({ n: 3 }));
    expect(error).toMatchObject({ option: 'n', value: 3, message: expect.stringContaining('at most 2') });
  });
});
