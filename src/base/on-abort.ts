import { types } from 'node:util';

const getters = Object.getOwnPropertyDescriptors(AbortSignal.prototype);

/** Calls the platform's own getter: a getter that a caller has put on the signal could do anything. */
export function isAborted(signal: AbortSignal): boolean {
  return getters.aborted.get?.call(signal) === true;
}

/** Is the value an `AbortSignal` of the platform, and neither a proxy nor a lookalike? */
export function isAbortSignal(value: unknown): value is AbortSignal {
  if (!(value instanceof AbortSignal) || types.isProxy(value)) return false;
  try {
    isAborted(value);
    return true;
  } catch {
    return false;
  }
}

export function reasonOf(signal: AbortSignal): unknown {
  return getters.reason.get?.call(signal);
}

/** @throws the signal's reason, if it is aborted. */
export function throwIfAborted(signal: AbortSignal | undefined): void {
  if (signal !== undefined && isAborted(signal)) throw reasonOf(signal);
}

/** An object that ends when its signal is aborted. */
export interface Abortable {
  aborted(reason: unknown): void;
}

interface Watch {
  readonly listener: () => void;
  readonly abortables: Set<Abortable>;
}

/**
 * One listener per signal, however many tasks, callers or loops share it. (An event target searches its whole list to add or
 * remove a listener, so n listeners would cost n² steps.)
 */
const watches = new WeakMap<AbortSignal, Watch>();

/** Calls `abortable.aborted(reason)` when the signal is aborted, unless `offAbort` is called first. */
export function onAbort(signal: AbortSignal, abortable: Abortable): void {
  let watch = watches.get(signal);
  if (watch === undefined) {
    const abortables = new Set<Abortable>();
    const listener = () => {
      // A callback may unsubscribe others; they are then skipped.
      for (const each of abortables) each.aborted(reasonOf(signal));
      watches.delete(signal);
    };
    watch = { listener, abortables };
    watches.set(signal, watch);
    EventTarget.prototype.addEventListener.call(signal, 'abort', listener, { once: true });
  }
  watch.abortables.add(abortable);
}

/** Like `onAbort`, but calls at once if the signal is aborted already. Without a signal it never calls. */
export function onceAborted(signal: AbortSignal | undefined, abortable: Abortable): void {
  if (signal === undefined) return;
  if (isAborted(signal)) abortable.aborted(reasonOf(signal));
  else onAbort(signal, abortable);
}

/** Undoes `onAbort`. The signal keeps no listener once its last abortable has left. */
export function offAbort(signal: AbortSignal, abortable: Abortable): void {
  const watch = watches.get(signal);
  if (watch === undefined) return;
  watch.abortables.delete(abortable);
  if (watch.abortables.size > 0) return;
  watches.delete(signal);
  EventTarget.prototype.removeEventListener.call(signal, 'abort', watch.listener);
}
