import { setImmediate as immediate } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { DeadlockError } from '../../src/base/errors.ts';
import { Semaphore } from '../../src/flow/semaphore.ts';
import { reasonOf } from '../support/settling.ts';

const watched = (permits: number) => new Semaphore(permits, { detectDeadlock: true });

async function outerCaller(semaphore: Semaphore): Promise<void> {
  await semaphore.use(() => innerCaller(semaphore));
}

async function innerCaller(semaphore: Semaphore): Promise<void> {
  await Promise.resolve();
  await semaphore.acquire();
}

describe('acquiring again inside use', () => {
  test('is told with both stacks', async () => {
    const error = await reasonOf(outerCaller(watched(1)));
    expect(error).toBeInstanceOf(DeadlockError);
    const { code, stack, cause } = error as DeadlockError & { cause: Error };
    expect(code).toBe('ERR_MILLRACE_DEADLOCK');
    expect(stack).toContain('innerCaller');
    expect(cause.stack).toContain('outerCaller');
  });

  test('is told also while permits are free, by acquire and by use; the outer permit is released', async () => {
    const semaphore = watched(3);
    const error = await reasonOf(semaphore.use(() => semaphore.use(() => {})));
    expect(error).toBeInstanceOf(DeadlockError);
    expect(semaphore.available).toBe(3);
  });

  test('is found through other semaphores between', async () => {
    const [a, b] = [watched(1), watched(1)];
    expect(await reasonOf(a.use(() => b.use(() => a.acquire())))).toBeInstanceOf(DeadlockError);
  });

  test('without the option it waits', async () => {
    const semaphore = new Semaphore(1);
    let inner: Promise<unknown> = Promise.resolve();
    await semaphore.use(() => {
      inner = semaphore.acquire();
    });
    expect(await inner).toMatchObject({ n: 1 });
  });
});

describe('no deadlock is', () => {
  test('another semaphore inside, the same one later, or side by side', async () => {
    const [a, b] = [watched(2), watched(1)];
    await a.use(() => b.use(() => {}));
    await a.use(() => {});
    await Promise.all([a.use(() => immediate()), a.use(() => immediate()), a.use(() => immediate())]);
    expect(a.available).toBe(2);
  });

  test('tryAcquire, which never waits', async () => {
    const semaphore = watched(2);
    await semaphore.use(() => semaphore.tryAcquire()?.release());
    expect(semaphore.available).toBe(2);
  });

  test('work that use has only started, when the permit is released', async () => {
    const semaphore = watched(1);
    let later: Promise<unknown> = Promise.resolve();
    await semaphore.use(() => {
      later = immediate().then(() => semaphore.use(() => 'fine'));
    });
    expect(await later).toBe('fine');
  });

  test('work that starts its own successor, however often', async () => {
    const semaphore = watched(1);
    let left = 1000;
    await new Promise<void>((resolve, reject) => {
      const again = (): Promise<void> =>
        semaphore.use(() => {
          if (--left > 0) immediate().then(again).catch(reject);
          else resolve();
        });
      again().catch(reject);
    });
    expect(left).toBe(0);
  });
});
