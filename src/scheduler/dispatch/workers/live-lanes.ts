import type { Lane } from './lane.ts';

/** The lanes whose threads have not ended, also retiring lanes and successors. Ends all of them together. */
export class LiveLanes {
  readonly #lanes = new Set<Lane>();
  readonly #whenEmpty: (() => void)[] = [];
  #closing = false;
  #killed = false;

  /** Has `close()` or `kill()` been called? */
  get ending(): boolean {
    return this.#closing || this.#killed;
  }

  /** Has `close()` been called? */
  get closing(): boolean {
    return this.#closing;
  }

  add(lane: Lane): void {
    this.#lanes.add(lane);
  }

  remove(lane: Lane): void {
    this.#lanes.delete(lane);
    this.#tellEmpty();
  }

  /** Lets all workers clean up and ends them for good; resolves when every thread has ended. */
  close(): Promise<void> {
    this.#closing = true;
    for (const lane of this.#lanes) {
      // The worker is cleaning up already, and has its own time limit.
      if (lane.state === 'leaving') continue;
      lane.endsFor ??= 'shutdown';
      lane.worker?.leave();
    }
    return new Promise((resolve) => {
      this.#whenEmpty.push(resolve);
      this.#tellEmpty();
    });
  }

  /** Ends all workers at once, also those that are cleaning up. */
  kill(): void {
    this.#killed = true;
    for (const lane of this.#lanes) {
      lane.endsFor ??= 'shutdown';
      lane.worker?.terminate();
    }
  }

  #tellEmpty(): void {
    if (this.#closing && this.#lanes.size === 0) for (const resolve of this.#whenEmpty.splice(0)) resolve();
  }
}
