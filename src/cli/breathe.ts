import { setImmediate, setTimeout } from 'node:timers/promises';
import type { BytePath } from './byte-path.ts';
import type { Found, FoundFile } from './walk.ts';

/** Milliseconds that a walk may block the event loop before signals, results and the progress bar get their turn. */
const holdMs = 10;

/** Makes a function that a blocking loop calls now and then: once `holdMs` have passed, it returns a promise of a turn. */
export function breather(): () => Promise<void> | undefined {
  let turn = performance.now();
  const breath = async (): Promise<void> => {
    await setImmediate();
    turn = performance.now();
  };
  return () => (performance.now() - turn > holdMs ? breath() : undefined);
}

/** Yields the files of a blocking walk, with turns of the event loop; awaits `report` for each failure. */
export async function* breathe(
  found: Iterable<Found>,
  report: (path: BytePath, error: unknown) => Promise<void> | undefined,
): AsyncGenerator<FoundFile, undefined> {
  const breath = breather();
  for (const item of found) {
    if (item.kind === 'file') yield item;
    else await (item.kind === 'failed' ? report(item.path, item.error) : breath());
  }
}

/** Counts the files of a walk in the background, for a time that is left; takes a fifth of the event loop's time. */
export async function countFiles(found: Iterable<Found>): Promise<number> {
  let count = 0;
  let turn = performance.now();
  for (const { kind } of found) {
    if (kind === 'file') count++;
    else if (performance.now() - turn > 1) {
      await setTimeout(4, undefined, { ref: false });
      turn = performance.now();
    }
  }
  return count;
}
