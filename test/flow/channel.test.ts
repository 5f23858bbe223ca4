import { getEventListeners } from 'node:events';
import { describe, expect, test } from 'vitest';
import { FlowClosedError, InvalidOptionError } from '../../src/base/errors.ts';
import { buffered } from '../../src/flow/buffered.ts';
import { Channel } from '../../src/flow/channel.ts';
import { collect, reasonOf, rounds, settlementOf } from '../support/settling.ts';

/** A full channel of this capacity: 1, 2, 3, … */
function full(capacity: number): Channel<number> {
  const channel = new Channel<number>(capacity);
  for (let item = 1; item <= capacity; item++) channel.trySend(item);
  return channel;
}

describe('items', () => {
  test('come out in the order in which they went in', async () => {
    const channel = new Channel<number>(3);
    expect(channel).toMatchObject({ size: 0, capacity: 3, closed: false });
    for (const item of [1, 3, 2]) await channel.send(item);
    expect(channel.size).toBe(3);
    expect([await channel.receive(), await channel.receive(), await channel.receive()]).toEqual([1, 3, 2]);
    expect(channel.size).toBe(0);
  });

  test('may be anything, undefined too', async () => {
    const channel = new Channel<unknown>(2);
    await channel.send(undefined);
    await channel.send(null);
    expect([channel.tryReceive(), await channel.receive()]).toEqual([undefined, null]);
  });

  test('go to one consumer each, whatever the number of producers and consumers', async () => {
    const channel = new Channel<number>(4);
    const producer = async (from: number) => {
      for (let item = from; item < 300; item += 3) await channel.send(item);
    };
    const consumers = Promise.all([1, 2, 3, 4].map(() => collect(channel)));
    await Promise.all([0, 1, 2].map(producer));
    channel.close();
    const received = (await consumers).flat();
    expect(received.toSorted((a, b) => a - b)).toEqual(Array.from({ length: 300 }, (_, item) => item));
  });
});

describe('a full channel', () => {
  test('lets the sender wait, and takes its item in turn', async () => {
    const channel = new Channel<number>(2);
    const sent: number[] = [];
    const sending = (async () => {
      for (const item of [0, 1, 2]) {
        await channel.send(item);
        sent.push(item);
      }
    })();
    await rounds();
    expect([sent, channel.size, channel.sendersWaiting]).toEqual([[0, 1], 2, 1]);
    expect(channel.tryReceive()).toBe(0);
    await sending;
    expect([channel.tryReceive(), channel.tryReceive()]).toEqual([1, 2]);
  });

  test('refuses trySend, and takes one again when an item has been received', async () => {
    const channel = full(1);
    expect(channel.trySend(9)).toBe(false);
    expect(await channel.receive()).toBe(1);
    expect(channel.trySend(2)).toBe(true);
    expect(channel.tryReceive()).toBe(2);
    expect(channel.tryReceive()).toBeUndefined();
  });

  test('keeps the order of senders: trySend does not overtake one who waits', async () => {
    const channel = full(1);
    const waiting = channel.send(2);
    expect(channel.tryReceive()).toBe(1);
    expect(channel.trySend(3)).toBe(false);
    await waiting;
    expect(channel.tryReceive()).toBe(2);
  });

  test('drops the item of a sender who gives up, and only that', async () => {
    const channel = full(1);
    const controller = new AbortController();
    const second = channel.send(2);
    const given = reasonOf(channel.send(3, { signal: controller.signal }));
    controller.abort('enough');
    expect(await given).toBe('enough');
    expect([await channel.receive(), await channel.receive()]).toEqual([1, 2]);
    await second;
    expect(getEventListeners(controller.signal, 'abort').length).toBe(0);
  });

  test('twenty thousand senders are served without recursion', async () => {
    const channel = full(1);
    const all = Array.from({ length: 20_000 }, (_, item) => channel.send(item));
    for (let left = 20_001; left > 0; left--) channel.tryReceive();
    await Promise.all(all);
    expect(channel).toMatchObject({ size: 0, sendersWaiting: 0 });
  });
});

describe('an empty channel', () => {
  test('lets receivers wait, first come, first served', async () => {
    const channel = new Channel<string>(1);
    const log: string[] = [];
    const receivers = ['a', 'b'].map((name) => channel.receive().then((item) => log.push(name + item)));
    await rounds();
    expect([log, channel.receiversWaiting]).toEqual([[], 2]);
    await channel.send('1');
    await channel.send('2');
    await Promise.all(receivers);
    expect(log).toEqual(['a1', 'b2']);
  });

  test('a sender does not wait when receivers do', async () => {
    const channel = new Channel<number>(1);
    const receivers = [channel.receive(), channel.receive(), channel.receive()];
    expect([1, 2, 3, 4, 5].map((item) => channel.trySend(item))).toEqual([true, true, true, true, false]);
    expect(await Promise.all(receivers)).toEqual([1, 2, 3]);
  });
});

describe('an aborted receive', () => {
  test('takes nothing: the next one gets the item', async () => {
    const channel = new Channel<string>(1);
    const controller = new AbortController();
    const first = reasonOf(channel.receive({ signal: controller.signal }));
    const second = channel.receive();
    controller.abort('gone');
    expect(await first).toBe('gone');
    await channel.send('a');
    expect(await second).toBe('a');
    expect(getEventListeners(controller.signal, 'abort').length).toBe(0);
  });

  test('with a signal aborted before takes nothing, also when there are items', async () => {
    const channel = full(1);
    expect(await reasonOf(channel.receive({ signal: AbortSignal.abort('no') }))).toBe('no');
    expect(channel.size).toBe(1);
  });

  test('puts back before all others what it was just given', async () => {
    const channel = new Channel<number>(3);
    const controller = new AbortController();
    const aborted = reasonOf(channel.receive({ signal: controller.signal }));
    for (const item of [1, 2, 3]) channel.trySend(item);
    controller.abort('late');
    expect(await aborted).toBe('late');
    expect(channel.size).toBe(3);
    expect([await channel.receive(), await channel.receive(), await channel.receive()]).toEqual([1, 2, 3]);
  });

  test('lets nobody overtake what it was just given: neither a receiver who comes nor an item', async () => {
    for (const next of ['receive', 'tryReceive', 'loop'] as const) {
      const channel = new Channel<number>(3);
      const controller = new AbortController();
      const aborted = reasonOf(channel.receive({ signal: controller.signal }));
      for (const item of [1, 2]) channel.trySend(item);
      controller.abort('late');
      if (next === 'loop') expect((await channel[Symbol.asyncIterator]().next()).value).toBe(1);
      else expect(await channel[next]()).toBe(1);
      expect(await aborted).toBe('late');
      expect(channel.tryReceive()).toBe(2);
    }
    const channel = new Channel<number>(3);
    const controller = new AbortController();
    const aborted = reasonOf(channel.receive({ signal: controller.signal }));
    const waiting = channel.receive();
    channel.trySend(1);
    controller.abort('late');
    channel.trySend(2);
    expect(await waiting).toBe(1);
    expect(await aborted).toBe('late');
    expect(channel.tryReceive()).toBe(2);
  });

  test('with others that have the same signal puts all back in their order', async () => {
    const channel = new Channel<number>(4);
    const controller = new AbortController();
    const { signal } = controller;
    const aborted = [1, 2, 3].map(() => reasonOf(channel.receive({ signal })));
    for (const item of [1, 2, 3, 4]) channel.trySend(item);
    controller.abort('all');
    expect(await Promise.all(aborted)).toEqual(['all', 'all', 'all']);
    expect(channel.size).toBe(4);
    expect([1, 2, 3, 4].map(() => channel.tryReceive())).toEqual([1, 2, 3, 4]);
  });

  test('hands what it was just given to a receiver who waits', async () => {
    const channel = new Channel<number>(1);
    const controller = new AbortController();
    const aborted = reasonOf(channel.receive({ signal: controller.signal }));
    const next = channel.receive();
    channel.trySend(1);
    controller.abort();
    await aborted;
    expect(await next).toBe(1);
  });

  test('never makes the channel hold more than its capacity', async () => {
    const channel = new Channel<number>(2);
    const controller = new AbortController();
    const aborted = reasonOf(channel.receive({ signal: controller.signal }));
    // The first is on its way, and may come back: it keeps its slot.
    expect([1, 2, 3].map((item) => channel.trySend(item))).toEqual([true, true, false]);
    controller.abort();
    await aborted;
    expect(channel.size).toBe(2);
  });

  test('that gets its item gives the slot free', async () => {
    const channel = new Channel<number>(1);
    const received = channel.receive({ signal: new AbortController().signal });
    channel.trySend(1);
    const second = channel.send(2);
    expect(await received).toBe(1);
    await second;
    expect(channel.tryReceive()).toBe(2);
  });
});

describe('a reservation', () => {
  test('holds a slot until it is sent and received', async () => {
    const channel = new Channel<number>(1);
    const first = await channel.reserve();
    const second = channel.reserve();
    expect(channel.trySend(9)).toBe(false);
    first.send(1);
    expect(await settlementOf(second)).toBe('pending');
    expect(await channel.receive()).toBe(1);
    (await second).send(2);
    expect(await channel.receive()).toBe(2);
  });

  test('that is released lets the next one in', async () => {
    const channel = new Channel<number>(1);
    const first = await channel.reserve();
    const second = channel.reserve();
    first.release();
    first.release();
    (await second)[Symbol.dispose]();
    expect(channel.trySend(1)).toBe(true);
  });

  test('is taken without waiting, or not at all: tryReserve', async () => {
    const channel = new Channel<number>(1);
    const first = channel.tryReserve();
    expect([channel.tryReserve(), channel.trySend(9)]).toEqual([null, false]);
    const waiting = channel.send(2);
    first?.release();
    // The slot is that of who waits.
    expect(channel.tryReserve()).toBeNull();
    await waiting;
    expect(channel.tryReceive()).toBe(2);
    channel.tryReserve()?.send(3);
    expect(channel.tryReceive()).toBe(3);
    channel.close();
    expect(() => channel.tryReserve()).toThrow(FlowClosedError);
  });

  test('is good for one item', async () => {
    const channel = new Channel<number>(2);
    const reservation = await channel.reserve();
    reservation.send(1);
    expect(() => reservation.send(2)).toThrow(FlowClosedError);
    reservation.release();
    const released = await channel.reserve();
    released.release();
    expect(() => released.send(2)).toThrow(FlowClosedError);
    expect(channel.size).toBe(1);
  });

  test('stands in one line with senders, and leaves it when aborted', async () => {
    const channel = full(1);
    const controller = new AbortController();
    const aborted = reasonOf(channel.reserve({ signal: controller.signal }));
    const next = channel.reserve();
    controller.abort('enough');
    expect(await aborted).toBe('enough');
    await channel.receive();
    expect(await settlementOf(next)).toBe('fulfilled');
  });

  test('that was just granted when its caller gives up goes to the next one', async () => {
    const channel = full(1);
    const controller = new AbortController();
    const aborted = reasonOf(channel.reserve({ signal: controller.signal }));
    const next = channel.send(2);
    channel.tryReceive();
    controller.abort();
    await aborted;
    await next;
    expect(channel.tryReceive()).toBe(2);
  });
});

describe('close', () => {
  test('delivers what is buffered, then refuses', async () => {
    const channel = full(2);
    channel.close();
    channel.close();
    expect(await reasonOf(channel.send(3))).toBeInstanceOf(FlowClosedError);
    expect(() => channel.trySend(3)).toThrow(FlowClosedError);
    expect(await reasonOf(channel.reserve())).toBeInstanceOf(FlowClosedError);
    expect([await channel.receive(), channel.tryReceive()]).toEqual([1, 2]);
    expect(await reasonOf(channel.receive())).toMatchObject({ message: 'the channel is closed' });
    expect(() => channel.tryReceive()).toThrow(FlowClosedError);
  });

  test('ends loops after what is buffered', async () => {
    const channel = full(3);
    channel.close();
    expect(await collect(channel)).toEqual([1, 2, 3]);
    expect(await collect(channel)).toEqual([]);
  });

  test('refuses senders who wait, in order, and drops their items', async () => {
    const channel = full(1);
    const log: string[] = [];
    const sending = [
      reasonOf(channel.send(2).finally(() => log.push('send'))),
      reasonOf(channel.reserve().finally(() => log.push('reserve'))),
    ];
    channel.close();
    for (const error of await Promise.all(sending)) expect(error).toBeInstanceOf(FlowClosedError);
    expect(log).toEqual(['send', 'reserve']);
    expect(await collect(channel)).toEqual([1]);
  });

  test('wakes receivers and loops that wait', async () => {
    const channel = new Channel<number>(1);
    const waiting = [reasonOf(channel.receive()), reasonOf(channel.receive(new AbortController()))];
    const loop = collect(channel);
    await rounds();
    channel.close();
    for (const error of await Promise.all(waiting)) expect(error).toBeInstanceOf(FlowClosedError);
    expect(await loop).toEqual([]);
  });

  test('waits for what is reserved: it may be sent yet', async () => {
    const channel = new Channel<number>(2);
    const [first, second] = [await channel.reserve(), await channel.reserve()];
    const refused = reasonOf(channel.reserve());
    channel.close();
    expect(await refused).toBeInstanceOf(FlowClosedError);
    const received = channel.receive();
    const last = reasonOf(channel.receive());
    expect(await settlementOf(received)).toBe('pending');
    first.send(123);
    expect(await received).toBe(123);
    expect(await settlementOf(last)).toBe('pending');
    expect(channel.tryReceive()).toBeUndefined();
    second.release();
    expect(await last).toBeInstanceOf(FlowClosedError);
  });

  test('a reservation granted and given up after it wakes the receivers too', async () => {
    const channel = new Channel<number>(1);
    const held = await channel.reserve();
    const controller = new AbortController();
    const aborted = reasonOf(channel.reserve({ signal: controller.signal }));
    held.release();
    channel.close();
    const received = reasonOf(channel.receive());
    controller.abort();
    await aborted;
    expect(await received).toBeInstanceOf(FlowClosedError);
  });

  test('what an aborted receive puts back after it is delivered', async () => {
    const channel = new Channel<number>(1);
    const controller = new AbortController();
    const aborted = reasonOf(channel.receive({ signal: controller.signal }));
    channel.trySend(1);
    channel.close();
    controller.abort();
    await aborted;
    expect(await collect(channel)).toEqual([1]);
  });
});

describe('a loop', () => {
  test('that is left leaves the channel as it is', async () => {
    const channel = full(3);
    for await (const item of channel) {
      expect(item).toBe(1);
      break;
    }
    expect([channel.size, channel.closed]).toEqual([2, false]);
    expect(await channel.receive()).toBe(2);
  });

  test('by hand: after return there is nothing more from that loop', async () => {
    const channel = full(2);
    const loop = channel[Symbol.asyncIterator]();
    expect(await loop.next()).toEqual({ done: false, value: 1 });
    await loop.return?.();
    expect(await loop.next()).toEqual({ done: true, value: undefined });
    expect(channel.size).toBe(1);
  });
});

describe('a loop that is left while it waits', () => {
  test('by hand: gives up its turn, and takes no item with it', async () => {
    const channel = new Channel<number>(2);
    const [first, second] = [channel[Symbol.asyncIterator](), channel[Symbol.asyncIterator]()];
    const waiting = [first.next(), first.next(), second.next()];
    expect(channel.receiversWaiting).toBe(3);
    await first.return?.();
    expect(channel.receiversWaiting).toBe(1);
    for (const item of [1, 2]) channel.trySend(item);
    expect(await Promise.all(waiting)).toEqual([
      { done: true, value: undefined },
      { done: true, value: undefined },
      { done: false, value: 1 },
    ]);
    expect(channel.tryReceive()).toBe(2);
  });

  test('by a stream that reads ahead', async () => {
    const channel = new Channel<() => number>(2);
    channel.trySend(() => 1);
    for await (const result of buffered(channel, 2)) {
      expect(result).toBe(1);
      break;
    }
    expect(channel.receiversWaiting).toBe(0);
    channel.trySend(() => 2);
    expect(channel.size).toBe(1);
  });

  test('stands among others who have left or go on waiting', async () => {
    const channel = new Channel<number>(1);
    const controller = new AbortController();
    const loop = channel[Symbol.asyncIterator]();
    const aborted = reasonOf(channel.receive({ signal: controller.signal }));
    const left = loop.next();
    const receiver = channel.receive();
    controller.abort('no');
    await loop.return?.();
    expect([await aborted, (await left).done, channel.receiversWaiting]).toEqual(['no', true, 1]);
    channel.trySend(1);
    expect(await receiver).toBe(1);
  });
});

test.each([0, -1, 1.3, NaN, Infinity, undefined, '1'])('a capacity of %j is refused', (capacity) => {
  expect(() => new Channel(capacity as number)).toThrow(InvalidOptionError);
});

test('unknown options are refused', async () => {
  const channel = new Channel(1);
  const bad = { timeout: 1 } as object;
  for (const call of [channel.send(1, bad), channel.reserve(bad), channel.receive(bad)]) {
    expect(await reasonOf(call)).toBeInstanceOf(InvalidOptionError);
  }
  expect(channel.size).toBe(0);
});
