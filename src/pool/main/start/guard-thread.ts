import { Worker } from 'node:worker_threads';

/** Methods of Node's `Worker` that read messages on Node's own port. */
const readers = Object.getOwnPropertySymbols(Worker.prototype).filter(({ description }) =>
  /^kOn(?:Error)?Message$/.test(description ?? ''),
);

/**
 * Catches what Node's own message handlers throw: the error that ends a thread may be nested too deeply for this thread, or have a
 * circular `cause`, and reading it then throws where no caller can catch it.
 *
 * @param unreadable called with the error that Node threw.
 */
export function guardThread(thread: Worker, unreadable: (error: unknown) => void): void {
  for (const symbol of readers) {
    const read = Reflect.get(thread, symbol) as (...args: unknown[]) => unknown;
    const value = (...args: unknown[]) => {
      try {
        return Reflect.apply(read, thread, args);
      } catch (error) {
        return unreadable(error);
      }
    };
    Object.defineProperty(thread, symbol, { value });
  }
}
