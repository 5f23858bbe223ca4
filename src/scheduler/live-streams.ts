import type { StreamInspection } from './inspection.ts';

/** A loop over a source, as `inspect()` sees it. */
export interface LiveStream {
  /** Undefined once the loop has ended and its reader has read everything. */
  inspect(): Omit<StreamInspection, 'id'> | undefined;
}

interface Entry {
  readonly id: number;
  readonly stream: WeakRef<LiveStream>;
}

/**
 * The loops over sources that have begun. Nothing tells when a loop's last reader drops it, so the list holds loops weakly. Every
 * `inspect()` drops the loops that have ended or were collected; `add()` does so when the list has doubled since it last did.
 */
export class LiveStreams {
  #entries: Entry[] = [];
  #nextId = 1;
  #sweepAt = 64;

  add(stream: LiveStream): void {
    if (this.#entries.length >= this.#sweepAt) {
      this.inspect();
      this.#sweepAt = Math.max(64, 2 * this.#entries.length);
    }
    this.#entries.push({ id: this.#nextId++, stream: new WeakRef(stream) });
  }

  inspect(): StreamInspection[] {
    const found: StreamInspection[] = [];
    this.#entries = this.#entries.filter(({ id, stream }) => {
      const inspected = stream.deref()?.inspect();
      if (inspected !== undefined) found.push({ id, ...inspected });
      return inspected !== undefined;
    });
    return found;
  }
}
