import process from 'node:process';
import { threadId } from 'node:worker_threads';
import { now } from '../wire/clock.ts';
import { PollPlaces } from '../wire/poll-places.ts';
import type { PollLimits } from '../wire/poll-places.ts';
import type { PollWords } from '../wire/poll-words.ts';

/** A look pays if a message comes so soon: to wake a thread takes about as long, and costs as much. Milliseconds. */
const worthMs = 0.05;
/** How long the first look waits. The main thread may be asleep, and has to wake up for the answer first. Milliseconds. */
const firstMs = 0.2;
/** Then the thread goes back to its event loop, whose timers and ports wait meanwhile. Milliseconds. */
const mostMs = 3;
/** Between two looks lies some 0.1 µs. If it is more than this, another thread had the core. Milliseconds. */
const gapMs = 0.005;
/** Looks in a row: a clock may stand still, as in tests of task modules. They take some 0.3 ms. */
const mostLooks = 4096;
/** Calls from one try to the next while polling does not pay. */
const callsPerTry = 128;

// A task may replace it. Bun has one that always gives an empty list, and Deno none.
const activeResources = 'bun' in process.versions ? undefined : process.getActiveResourcesInfo?.bind(process);

/**
 * Polls for the next message after a call that travelled alone: a thread that sleeps takes some 25 µs longer to answer. Polling pays if
 * half of the messages come while the thread polls, so a moving average of that decides. It falls below one half after six looks in vain;
 * then one call in 128 tries again.
 */
export class Poller {
  readonly #words: PollWords;
  readonly #places: PollPlaces;
  readonly #most: number;
  readonly #isLoopNeeded: () => boolean;
  readonly #now: () => number;
  /** Moving average of the looks: 1 for a message that came meanwhile, 0 for none or for a lost core. */
  #score = 1;
  #untilTry = callsPerTry;
  /** While the thread polls, or runs a task between two looks. */
  #place: number | undefined;
  #end = 0;
  #patience = firstMs;

  constructor(
    words: PollWords,
    { places, most }: PollLimits,
    isLoopNeeded: () => boolean = isWaiting,
    clock: () => number = now,
  ) {
    this.#words = words;
    this.#places = new PollPlaces(places);
    this.#most = most;
    this.#isLoopNeeded = isLoopNeeded;
    this.#now = clock;
  }

  /**
   * Waits for a message if that pays. Once it has been posted, it arrives as soon as the caller has returned to Node: what the last task has
   * left behind (promises, ticks, an error that ends the thread) comes first.
   *
   * @param arrived the number of messages that have arrived.
   */
  poll(arrived: number): void {
    if (this.#place === undefined && !this.#begin()) return;
    if (this.#now() >= this.#end || !this.#seesMore(arrived)) this.stop();
  }

  /** The thread must go back to its event loop. */
  stop(): void {
    if (this.#place === undefined) return;
    this.#words.isPolling = false;
    this.#places.giveBack(this.#place);
    this.#place = undefined;
  }

  #begin(): boolean {
    if (this.#score < 0.5 && --this.#untilTry > 0) return false;
    this.#untilTry = callsPerTry;
    if (this.#places.threads > this.#most || this.#isLoopNeeded()) return false;
    this.#place = this.#places.take(threadId);
    if (this.#place === undefined) return false;
    this.#words.isPolling = true;
    this.#end = this.#now() + mostMs;
    this.#patience = firstMs;
    return true;
  }

  #seesMore(arrived: number): boolean {
    const words = this.#words;
    const patience = this.#patience;
    this.#patience = worthMs;
    // It came while the thread ran the task before: tells nothing about polling.
    if (words.hasMore(arrived)) return true;
    const begun = this.#now();
    let last = begun;
    let longest = 0;
    let isThere = false;
    for (let left = mostLooks; left > 0 && !isThere && longest < gapMs && last - begun < patience; left--) {
      isThere = words.hasMore(arrived);
      const at = this.#now();
      longest = at - last;
      last = at;
    }
    words.polledMs += last - begun;
    const isHit = isThere && longest < gapMs && last - begun < worthMs;
    this.#score += ((isHit ? 1 : 0) - this.#score) / 8;
    return isThere;
  }
}

/** Does anything but message ports (a timer, a file, a socket) keep the event loop alive? True where the runtime cannot tell. */
function isWaiting(): boolean {
  const resources = activeResources?.() ?? ['unknown'];
  for (let index = 0; index < resources.length; index++) if (resources[index] !== 'MessagePort') return true;
  return false;
}
