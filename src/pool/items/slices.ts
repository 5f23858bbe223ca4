import { setImmediate } from 'node:timers';
import { now } from '../wire/clock.ts';

// A task may replace them.
const soon = setImmediate;
const { Promise } = globalThis;

/** Longest time to pull a source without a turn of the event loop: a source that is always ready would block it. */
const sliceMs = 3;

/** Divides pulling into slices of 3 ms, each followed by a turn of the event loop. */
export class Slices {
  #startMs: number = now();

  /** A promise of the event loop's next turn; undefined while the slice lasts. */
  pause(nowMs: number): Promise<void> | undefined {
    return nowMs - this.#startMs < sliceMs ? undefined : this.#turn();
  }

  #turn(): Promise<void> {
    return new Promise((resolve) => {
      soon(() => {
        this.#startMs = now();
        resolve();
      });
    });
  }
}
