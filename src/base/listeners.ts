/** No listener, one listener, or a set from the second listener on. Most jobs have at most one. */
export type Listeners<L> = L | Set<L> | null;

export function withListener<L>(listeners: Listeners<L>, listener: L): Listeners<L> {
  if (listeners === null) return listener;
  if (!(listeners instanceof Set)) return new Set([listeners, listener]);
  listeners.add(listener);
  return listeners;
}

export function withoutListener<L>(listeners: Listeners<L>, listener: L): Listeners<L> {
  if (listeners === listener) return null;
  if (listeners instanceof Set) listeners.delete(listener);
  return listeners;
}

/** Calls `tell` with each listener. A listener may remove others; they are then skipped. */
export function tellAll<L>(listeners: Listeners<L>, tell: (listener: L) => void): void {
  if (listeners === null) return;
  if (listeners instanceof Set) for (const listener of listeners) tell(listener);
  else tell(listeners);
}
