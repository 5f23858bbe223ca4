import { types } from 'node:util';

const getters = Object.getOwnPropertyDescriptors(AbortSignal.prototype);

/** Asks the platform's own getter: one that a caller has put on the signal could do anything. */
export function isAborted(signal: AbortSignal): boolean {
  return getters.aborted.get?.call(signal) === true;
}

/** Is it one of the platform's, and no proxy or lookalike? */
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

/** Something that ends when its signal is aborted. */
export interface Abortable {
  aborted(reason: unknown): void;
}

interface Watch {
  readonly listener: () => void;
  readonly abortables: Set<Abortable>;
}

/**
 * One listener per signal, however many tasks, callers or loops share it. (An event target looks through its whole list to
 * add or remove a listener, so one each would make n of them cost n² steps.)
 */
const watches = new WeakMap<AbortSignal, Watch>();

/** Tells `abortable` when the signal is aborted, unless `offAbort` is called before. */
export function onAbort(signal: AbortSignal, abortable: Abortable): void {
  let watch = watches.get(signal);
  if (watch === undefined) {
    const abortables = new Set<Abortable>();
    const listener = () => {
      // A callback may call `offAbort` for others: those are then told nothing.
      for (const each of abortables) each.aborted(reasonOf(signal));
      watches.delete(signal);
    };
    watch = { listener, abortables };
    watches.set(signal, watch);
    EventTarget.prototype.addEventListener.call(signal, 'abort', listener, { once: true });
  }
  watch.abortables.add(abortable);
}

/** Leaves no listener behind when the last one goes. */
export function offAbort(signal: AbortSignal, abortable: Abortable): void {
  const watch = watches.get(signal);
  if (watch === undefined) return;
  watch.abortables.delete(abortable);
  if (watch.abortables.size > 0) return;
  watches.delete(signal);
  EventTarget.prototype.removeEventListener.call(signal, 'abort', watch.listener);
}
