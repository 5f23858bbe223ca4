import { setImmediate } from 'node:timers';

/** Turns of the event loop. */
const most = 2;
let left = 0;

function turn(): void {
  if (--left > 0) setImmediate(turn);
}

/**
 * Lets this thread's event loop go through two more turns before it waits for events. A thread that polls answers a quick task sooner than
 * this thread could fall asleep and wake up again: of 12 and 70 µs for such a call the waking made up the difference.
 */
export function stayAwake(): void {
  const isAwake = left > 0;
  left = most;
  if (!isAwake) setImmediate(turn);
}
