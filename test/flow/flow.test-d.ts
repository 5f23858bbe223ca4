import { expectTypeOf, test } from 'vitest';
import { buffered, bufferUnordered, Channel, limits, Semaphore } from 'millrace/flow';
import type { Outcome, Permit, Reservation, Thunk } from 'millrace/flow';

test('results have the type of what the thunks return', () => {
  const thunks: Thunk<number>[] = [() => 1, async () => 2, (signal) => (signal.aborted ? 3 : 4)];
  expectTypeOf(buffered(thunks, 1)).toEqualTypeOf<AsyncIterableIterator<number, undefined>>();
  expectTypeOf(bufferUnordered(thunks, 1, { outcomes: true })).toEqualTypeOf<
    AsyncIterableIterator<Outcome<number>, undefined>
  >();
  // @ts-expect-error a promise is nothing to do
  buffered([Promise.resolve(1)], 1);
  // @ts-expect-error the signal is an AbortSignal
  buffered([(signal: string) => signal], 1);
});

test('a channel carries one type', () => {
  const channel = new Channel<string>(1);
  expectTypeOf(channel.receive()).toEqualTypeOf<Promise<string>>();
  expectTypeOf(channel.tryReceive()).toEqualTypeOf<string | undefined>();
  expectTypeOf(channel.reserve()).toEqualTypeOf<Promise<Reservation<string>>>();
  expectTypeOf(channel.tryReserve()).toEqualTypeOf<Reservation<string> | null>();
  // @ts-expect-error a number is no string
  void channel.send(1);
});

test('a semaphore passes on what the function returns', () => {
  const semaphore = new Semaphore(1);
  expectTypeOf(semaphore.use(() => 'value')).toEqualTypeOf<Promise<string>>();
  expectTypeOf(semaphore.use(async () => 5)).toEqualTypeOf<Promise<number>>();
  expectTypeOf(semaphore.tryAcquire()).toEqualTypeOf<Permit | null>();
  expectTypeOf(limits.adaptive().use(() => 5)).toEqualTypeOf<Promise<number>>();
  // @ts-expect-error permits are a number
  void new Semaphore('1');
});
