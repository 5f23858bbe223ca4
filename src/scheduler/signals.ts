/** Something that ends when its signal is aborted. */
export interface Abortable {
  aborted(reason: unknown): void;
}

/**
 * Abort signals of many tasks: one listener per signal, however many tasks share it. (A listener each would make
 * settling n tasks of one signal cost n² steps, since an event target looks through its list to remove one.)
 */
export class Signals {
  readonly #watched = new Map<AbortSignal, { listener: () => void; abortables: Set<Abortable> }>();

  watch(signal: AbortSignal, abortable: Abortable): void {
    let entry = this.#watched.get(signal);
    if (entry === undefined) {
      const abortables = new Set<Abortable>();
      const listener = () => {
        // Who is told may make others stop watching: those are then told nothing.
        for (const each of abortables) each.aborted(signal.reason);
        this.#watched.delete(signal);
      };
      entry = { listener, abortables };
      this.#watched.set(signal, entry);
      signal.addEventListener('abort', listener, { once: true });
    }
    entry.abortables.add(abortable);
  }

  unwatch(signal: AbortSignal, abortable: Abortable): void {
    const entry = this.#watched.get(signal);
    if (entry === undefined) return;
    entry.abortables.delete(abortable);
    if (entry.abortables.size > 0) return;
    this.#watched.delete(signal);
    signal.removeEventListener('abort', entry.listener);
  }
}
