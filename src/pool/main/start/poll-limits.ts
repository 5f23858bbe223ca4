import { isMainThread } from 'node:worker_threads';
import type { Worker } from 'node:worker_threads';
import { PollPlaces } from '../../wire/poll-places.ts';
import type { PollLimits } from '../../wire/poll-places.ts';
import type { ThreadSettings } from './thread-options.ts';

/** The most threads that poll at a time, however many cores there are. */
const mostPlaces = 8;
let places: PollPlaces | undefined;

/** Leaves one core to this thread: on two cores, two threads that polled kept it from sending them anything. */
function makePlaces(cores: number): PollPlaces {
  const count = Math.min(cores - 1, mostPlaces);
  return new PollPlaces(new SharedArrayBuffer(4 + 4 * count));
}

/** From now on the thread counts, until it has ended. */
export function countThread(thread: Worker): void {
  const { threadId } = thread;
  places?.enter();
  thread.once('exit', () => places?.leave(threadId));
}

/** By default threads poll while each can have a core. An executor in a user's own worker cannot tell, so its threads do not poll. */
export function pollLimits({ spin, cores }: Pick<ThreadSettings, 'spin' | 'cores'>): PollLimits {
  places ??= makePlaces(cores);
  const most = isMainThread ? cores : 0;
  return { places: places.shared, most: spin === undefined ? most : spin ? Infinity : 0 };
}
