import { setImmediate as immediate } from 'node:timers/promises';

/** Lets everything happen that is due without time passing: microtasks and a few rounds of the event loop. */
export async function rounds(count = 5): Promise<void> {
  for (let left = count; left > 0; left--) await immediate();
}

/** `'pending'`, or how the promise has settled, after a few rounds of the event loop. */
export async function settlementOf(promise: Promise<unknown>): Promise<string> {
  let settlement = 'pending';
  promise.then(
    () => (settlement = 'fulfilled'),
    () => (settlement = 'rejected'),
  );
  await rounds();
  return settlement;
}

/** What a promise rejects with; fails if it does not. */
export async function reasonOf(promise: Promise<unknown>): Promise<unknown> {
  try {
    await promise;
  } catch (error) {
    return error;
  }
  throw new Error('it was fulfilled');
}

/** Everything that an async iterable yields. */
export async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  return all;
}

/** What must be there: a future from `trySubmit()`, for example. */
export function present<T>(value: T | null | undefined): T {
  if (value == null) throw new Error('it is not there');
  return value;
}
