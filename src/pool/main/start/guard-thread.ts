import { Worker } from 'node:worker_threads';
import { MillraceError } from '../../../base/errors.ts';

/** Methods of Node's `Worker` that read messages on Node's own port. */
const readers = Object.getOwnPropertySymbols(Worker.prototype).filter(({ description }) =>
  /^kOn(?:Error)?Message$/.test(description ?? ''),
);

/**
 * Catches what Node's own message handlers throw: the error that ends a thread may be nested too deeply for this thread, or have a
 * circular `cause`, and reading it then throws where no caller can catch it.
 *
 * @param unreadable called with an error whose cause is what Node threw.
 */
export function guardThread(thread: Worker, unreadable: (error: MillraceError) => void): void {
  for (const symbol of readers) {
    const read = Reflect.get(thread, symbol) as (...args: unknown[]) => unknown;
    const value = (...args: unknown[]) => {
      try {
        return Reflect.apply(read, thread, args);
      } catch (cause) {
        const message = 'the error that ended the thread can’t be read';
        return unreadable(new MillraceError('ERR_MILLRACE_UNREADABLE', message, { cause }));
      }
    };
    Object.defineProperty(thread, symbol, { value });
  }
}
