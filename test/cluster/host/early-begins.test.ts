import { Worker } from 'bullmq';
import { afterEach, expect, test, vi } from 'vitest';
import { remote, TestCluster } from '../support/cluster.ts';
import { TestRedis } from '../support/redis.ts';

afterEach(() => {
  vi.restoreAllMocks();
});

// What another BullMQ might give in its place.
test.each([[undefined], [{}], [{ moveToActive: () => Promise.reject(new Error('not to be called')) }]])(
  'a BullMQ whose backend is %o is left alone, and batches begin when they come',
  async (backend) => {
    const asked = vi.spyOn(Worker.prototype, 'getBackend').mockReturnValue(backend);
    await using redis = await TestRedis.start();
    await using cluster = new TestCluster(redis);
    await cluster.host();
    expect(asked).toHaveBeenCalled();
    expect(await cluster.executor().run(remote.add(1, 2))).toBe(3);
  },
);

test('a BullMQ that does not give its backend is left alone', async () => {
  Object.defineProperty(Worker.prototype, 'getBackend', { value: undefined, configurable: true });
  try {
    await using redis = await TestRedis.start();
    await using cluster = new TestCluster(redis);
    await cluster.host();
    expect(await cluster.executor().run(remote.add(1, 2))).toBe(3);
  } finally {
    Reflect.deleteProperty(Worker.prototype, 'getBackend');
  }
});
