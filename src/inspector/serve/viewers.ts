import type { IncomingMessage, ServerResponse } from 'node:http';
import type { SentFrame } from '../record/frame.ts';
import { FrameRing } from './frame-ring.ts';
import { Viewer } from './viewer.ts';

/** The viewers, each with a connection for server-sent events. */
export class Viewers {
  readonly #viewers = new Map<number, Viewer>();
  #nextId = 1;
  readonly #ring = new FrameRing();
  readonly #most: number;
  readonly #changed: (viewers: number) => void;
  readonly #keepsRing: boolean;
  readonly #patienceMs: number | undefined;

  /**
   * @param keepsRing true if frames arrive even without a viewer.
   * @param changed called with the number of viewers whenever it changes.
   * @param patienceMs milliseconds that a viewer may take no data.
   */
  constructor(most: number, keepsRing: boolean, changed: (viewers: number) => void, patienceMs?: number) {
    this.#most = most;
    this.#keepsRing = keepsRing;
    this.#changed = changed;
    this.#patienceMs = patienceMs;
  }

  /**
   * Is there a place for one more? If all are taken, the one is cut that has longest not said that it reads, if that is too long.
   * Until somebody wants its place it stays: a script that reads need not say so.
   */
  hasRoom(): boolean {
    if (this.#viewers.size < this.#most) return true;
    let [longestMs, silent]: [number, Viewer | undefined] = [0, undefined];
    for (const viewer of this.#viewers.values()) {
      const { silentMs = 0 } = viewer;
      if (silentMs > longestMs) [longestMs, silent] = [silentMs, viewer];
    }
    silent?.cut();
    return silent !== undefined;
  }

  /** A viewer says that it reads, by the number that it was told. */
  seen(id: number): void {
    this.#viewers.get(id)?.seen();
  }

  /** Adds a viewer, and sends it the last minute first. */
  add(request: IncomingMessage, response: ServerResponse): void {
    const id = this.#nextId++;
    const viewer = new Viewer(request, response, () => this.#left(id), this.#patienceMs);
    this.#viewers.set(id, viewer);
    viewer.tell(event('viewer', String(id)));
    viewer.names(event('functions', this.#ring.functions));
    for (const { frame, spans } of this.#ring) viewer.tell(event('frame', frame) + event('spans', spans));
    this.#changed(this.#viewers.size);
  }

  tell(sent: SentFrame): void {
    this.#ring.add(sent);
    const { frame, spans, functions } = sent;
    const text = event('frame', frame) + event('spans', spans);
    for (const viewer of this.#viewers.values()) {
      if (functions !== undefined) viewer.names(event('functions', functions));
      viewer.tell(text);
    }
  }

  /** Sends an event that later viewers don't get: that the main thread is silent. */
  tellOnce(name: string, data: string): void {
    const text = event(name, data);
    for (const viewer of this.#viewers.values()) viewer.tell(text);
  }

  close(): void {
    for (const viewer of this.#viewers.values()) viewer.cut();
  }

  #left(id: number): void {
    if (!this.#viewers.delete(id)) return;
    if (this.#viewers.size === 0 && !this.#keepsRing) this.#ring.clear();
    this.#changed(this.#viewers.size);
  }
}

function event(name: string, data: string): string {
  return `event: ${name}\ndata: ${data}\n\n`;
}
