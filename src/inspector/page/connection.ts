import type { Frame, FrameSpans } from '../record/frame.ts';
import type { Verdict } from '../verdict/rule.ts';
import type { KnownFunction } from './history.ts';

export interface ConnectionEvents {
  functions(functions: readonly KnownFunction[]): void;
  frame(frame: Frame): void;
  spans(spans: FrameSpans): void;
  /** The server's main thread does not answer. */
  silent(verdict: Verdict): void;
  state(state: 'live' | 'lost' | 'away'): void;
}

/** Milliseconds for which a tab may be hidden before it disconnects: watching costs the server time. */
const hiddenMs = 10_000;

/**
 * Milliseconds between two messages that the page still reads. After ten seconds without one, the server may give the place to another
 * viewer.
 */
const seenMs = 3000;

/** The connection to the server. It reconnects by itself, and closes while the tab is hidden. */
export class Connection {
  readonly #events: ConnectionEvents;
  #source: EventSource | null = null;
  #leaving: ReturnType<typeof setTimeout> | undefined;
  #viewer: string | null = null;
  #seenAt = 0;
  #isSaying = false;

  constructor(events: ConnectionEvents) {
    this.#events = events;
    document.addEventListener('visibilitychange', () => this.#seen());
  }

  #seen(): void {
    clearTimeout(this.#leaving);
    if (document.hidden) this.#leaving = setTimeout(() => this.#close(), hiddenMs);
    else if (this.#source === null) this.open();
  }

  open(): void {
    const source = new EventSource('?events');
    this.#source = source;
    source.addEventListener('open', () => this.#events.state('live'));
    source.addEventListener('error', () => {
      this.#events.state('lost');
      // The browser has given up, because the server is down or has refused: try again after 3 s.
      if (source.readyState === EventSource.CLOSED && this.#source === source) {
        this.#source = null;
        setTimeout(() => this.#source === null && !document.hidden && this.open(), 3000);
      }
    });
    source.addEventListener('viewer', ({ data }) => (this.#viewer = data as string));
    for (const name of ['functions', 'frame', 'spans', 'silent'] as const) {
      source.addEventListener(name, ({ data }) => {
        void this.#sayReads();
        this.#events[name](JSON.parse(data as string) as never);
      });
    }
  }

  /**
   * Tells the server that the page still reads. One request at a time: a browser has few connections to a server, and each tab holds
   * one.
   */
  async #sayReads(): Promise<void> {
    const now = performance.now();
    if (this.#viewer === null || this.#isSaying || now - this.#seenAt < seenMs) return;
    this.#seenAt = now;
    this.#isSaying = true;
    try {
      await fetch(`?seen=${this.#viewer}`);
    } catch {
      // The server is gone: the event source reports it, too.
    } finally {
      this.#isSaying = false;
    }
  }

  #close(): void {
    this.#source?.close();
    this.#source = null;
    this.#events.state('away');
  }
}
