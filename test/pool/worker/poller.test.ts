import { describe, expect, test } from 'vitest';
import { PollPlaces } from '../../../src/pool/wire/poll-places.ts';
import { PollWords } from '../../../src/pool/wire/poll-words.ts';
import { Poller } from '../../../src/pool/worker/poller.ts';
import { present } from '../../support/settling.ts';

/** A poller of one thread where one is allowed, with one place, and what it looks at. Each look at the clock takes a µs. */
function makePoller({ threads = 1, most = 1, words = new PollWords(), lookMs = 0.001 } = {}) {
  const places = new PollPlaces(new SharedArrayBuffer(8));
  for (let left = threads; left > 0; left--) places.enter();
  const world = { words, places, arrived: 0, asked: 0, isLoopNeeded: false };
  const isLoopNeeded = () => {
    world.asked++;
    return world.isLoopNeeded;
  };
  let ms = 0;
  const poller = new Poller(words, { places: places.shared, most }, isLoopNeeded, () => (ms += lookMs));
  /** Polls, as the thread does, after each message until none comes, or one that needs the event loop. */
  const poll = (isEnough = () => false) => {
    poller.poll(world.arrived);
    while (words.isPolling) {
      world.arrived++;
      if (isEnough()) poller.stop();
      else poller.poll(world.arrived);
    }
  };
  return { world, poll, poller };
}

/** Words behind which a message comes with each second look. */
class EverySecondLook extends PollWords {
  #looks = 0;

  override hasMore(): boolean {
    return ++this.#looks % 2 === 0;
  }
}

describe('a thread that polls', () => {
  test('gets every message that has been posted', () => {
    const { world, poll } = makePoller();
    world.words.posted(3);
    poll();
    expect(world.arrived).toBe(3);
  });

  test('tells that it polls while it runs a task between two looks, and then gives its place back once', () => {
    const { world, poller } = makePoller();
    world.words.posted(1);
    poller.poll(0);
    expect(world.words.isPolling).toBe(true);
    poller.stop();
    expect(world.words.isPolling).toBe(false);
    expect(world.places.take(7)).toBe(1);
    poller.stop();
    expect(world.places.take(8)).toBeUndefined();
  });

  test('goes back to its event loop after a while, whatever comes', () => {
    const { world, poll } = makePoller();
    world.words.posted(2 ** 30);
    poll();
    expect(world.arrived).toBeGreaterThan(0);
    expect(world.arrived).toBeLessThan(2 ** 30);
  });

  test('goes back to its event loop, even if its clock stands still', () => {
    const { world, poll } = makePoller({ lookMs: 0 });
    poll();
    expect(world.words.isPolling).toBe(false);
  });

  test('loses its core: what comes then counts as none', () => {
    const { world, poll } = makePoller({ words: new EverySecondLook(), lookMs: 0.01 });
    for (let left = 6; left > 0; left--) poll();
    const { asked } = world;
    poll();
    expect(world.asked).toBe(asked);
  });

  test('counts what it has waited in vain', () => {
    const { world, poll } = makePoller();
    expect(world.words.polledMs).toBe(0);
    poll();
    const first = world.words.polledMs;
    expect(first).toBeGreaterThan(0);
    poll();
    expect(world.words.polledMs).toBeGreaterThan(first);
  });

  test('goes back to its event loop when a message needs that', () => {
    const { world, poll } = makePoller();
    world.words.posted(3);
    poll(() => world.arrived === 2);
    expect(world.arrived).toBe(2);
    expect(world.words.isPolling).toBe(false);
  });

  test('waits for no message that has arrived before its count', () => {
    const { world, poll } = makePoller();
    world.words.posted(2);
    world.arrived = 3;
    poll();
    expect(world.arrived).toBe(3);
  });

  test('counts beyond 2³¹ messages', () => {
    const words = new PollWords();
    words.posted(2 ** 31 + 1);
    expect(words.hasMore(2 ** 31 - 1)).toBe(true);
    expect(words.hasMore(2 ** 31 + 1)).toBe(false);
    expect(words.hasMore(2 ** 31 + 2)).toBe(false);
    words.posted(2 ** 32 + 5);
    expect(words.hasMore(2 ** 32 + 4)).toBe(true);
  });
});

describe('a thread does not poll', () => {
  test('while there are too many threads', () => {
    const { world, poll } = makePoller({ threads: 2 });
    world.words.posted(1);
    poll();
    expect(world.arrived).toBe(0);
    world.places.leave(7);
    poll();
    expect(world.arrived).toBe(1);
  });

  test.each([
    ['gives its place back', (places: PollPlaces, place: number) => places.giveBack(place)],
    ['has ended', (places: PollPlaces) => places.leave(7)],
  ])('while another one has the place, until that %s', (_, end) => {
    const { world, poll } = makePoller();
    world.words.posted(1);
    const place = present(world.places.take(7));
    poll();
    expect(world.arrived).toBe(0);
    end(world.places, place);
    poll();
    expect(world.arrived).toBe(1);
    expect(world.places.take(8)).toBe(place);
  });

  test('while its event loop is needed', () => {
    const { world, poll } = makePoller();
    world.words.posted(1);
    world.isLoopNeeded = true;
    poll();
    expect(world.arrived).toBe(0);
    world.isLoopNeeded = false;
    poll();
    expect(world.arrived).toBe(1);
  });

  test('after six looks in vain, but for one call in 128', () => {
    const { world, poll } = makePoller();
    const asked = Array.from({ length: 6 + 2 * 128 }, () => {
      const before = world.asked;
      poll();
      return world.asked > before;
    });
    const looks = asked.flatMap((is, index) => (is ? [index] : []));
    expect(looks).toEqual([0, 1, 2, 3, 4, 5, 5 + 128, 5 + 2 * 128]);
  });

  test('but does again, once messages come while it polls', () => {
    const { world, poll } = makePoller({ words: new EverySecondLook() });
    const pollsOnce = () => {
      const before = world.asked;
      poll();
      return world.asked > before;
    };
    while (![1, 2, 3].every(pollsOnce));
    expect(world.arrived).toBeGreaterThan(0);
  });
});
