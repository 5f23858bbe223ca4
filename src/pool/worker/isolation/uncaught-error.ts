import process from 'node:process';
import { types } from 'node:util';

/** Longest chain of causes that Node may send. */
const maxCauses = 20;

/**
 * Deletes the `cause` of an error that is about to end the thread, if the chain of causes is long or circular: Node serializes the
 * error for the main thread with nested causes, and would take for ever. (The thread has already sent the error with its cause.)
 */
export function shortenCauses(error: unknown): void {
  // Then the error does not end the thread.
  if (process.listenerCount('uncaughtException') > 0 || process.hasUncaughtExceptionCaptureCallback()) return;
  let at = error;
  for (let causes = 0; causes <= maxCauses; causes++) {
    const next = causeOf(at);
    if (next === undefined) return;
    at = next;
  }
  // The error is frozen: end the thread before Node serializes the error.
  if (!Reflect.deleteProperty(error as Error, 'cause')) process.exit(1);
}

function causeOf(error: unknown): unknown {
  if (typeof error !== 'object' || error === null || types.isProxy(error)) return undefined;
  return Object.getOwnPropertyDescriptor(error, 'cause')?.value;
}
