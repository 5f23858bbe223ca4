import { setImmediate } from 'node:timers';

/** Turns of the event loop. */
const most = 2;
let left = 0;

function turn(): void {
  if (--left > 0) setImmediate(turn);
}

/**
 * Lets this thread's event loop turn twice more before it waits for events. A thread that polls answers a quick task at about the moment
 * at which this thread would fall asleep. In a hand-written loop a call took 12 µs if this thread stayed awake, and 25 to 75 if it slept.
 */
export function stayAwake(): void {
  const isAwake = left > 0;
  left = most;
  if (!isAwake) setImmediate(turn);
}
