import type { IncomingMessage, ServerResponse } from 'node:http';

/** Most bytes handed to a connection before it has taken some. */
const mostHanded = 256 * 1024;
/** Most characters that wait for a viewer; beyond, the oldest frames are left out. */
const mostWaiting = 4 * 1024 * 1024;
/** Milliseconds without progress after which a connection is cut. */
const longestMs = 10_000;

/**
 * One viewer. Data that its connection does not take waits, as references that all viewers share: at most a few megabytes, and for a
 * limited time.
 *
 * ```
 * taking ⇄ stuck ──too long──→ cut; each ──closed──→ gone
 * ```
 */
export class Viewer {
  readonly #request: IncomingMessage;
  readonly #response: ServerResponse;
  readonly #left: () => void;
  readonly #patienceMs: number;
  /** The latest names of functions, if they were not sent yet. */
  #names: string | undefined = undefined;
  readonly #waiting: string[] = [];
  #waitingLength = 0;
  #stuckSince: number | undefined = undefined;
  /** When it last said that it reads. */
  #seenAt = performance.now();

  /** @param left called once the viewer has gone or is cut. */
  constructor(
    request: IncomingMessage,
    response: ServerResponse,
    left: () => void,
    patienceMs: number = longestMs,
  ) {
    this.#request = request;
    this.#response = response;
    this.#left = left;
    this.#patienceMs = patienceMs;
    response.on('error', () => {});
    response.on('drain', () => {
      this.#stuckSince = undefined;
      this.#send();
    });
    response.once('close', left);
    response.writeHead(200, {
      'content-type': 'text/event-stream; charset=utf-8',
      'x-accel-buffering': 'no',
    });
    // Begins the first event: after a broken connection a browser reconnects after this many milliseconds.
    response.write('retry: 2000\n');
  }

  /** Sends the names of functions. Only the latest names count, and they are never left out. */
  names(text: string): void {
    this.#names = text;
    this.#send();
  }

  tell(text: string): void {
    this.#waiting.push(text);
    this.#waitingLength += text.length;
    while (this.#waitingLength > mostWaiting && this.#waiting.length > 1)
      this.#waitingLength -= (this.#waiting.shift() as string).length;
    this.#send();
    const since = this.#stuckSince;
    if (since !== undefined && performance.now() - since > this.#patienceMs) this.cut();
  }

  /** It says that it has read something: what the system's buffers hold for it can't be known from here. */
  seen(): void {
    this.#seenAt = performance.now();
  }

  /** How long it has not said so, if that is too long; else undefined. Milliseconds. */
  get silentMs(): number | undefined {
    const ms = performance.now() - this.#seenAt;
    return ms > this.#patienceMs ? ms : undefined;
  }

  cut(): void {
    this.#waiting.length = 0;
    // A response that waits behind another on its connection has no socket yet.
    if (this.#response.socket === null) this.#request.socket.destroy();
    this.#response.destroy();
    this.#left();
  }

  #send(): void {
    const response = this.#response;
    while (this.#stuckSince === undefined || response.writableLength < mostHanded) {
      const text = this.#next();
      if (text === undefined) return;
      if (!response.write(text)) this.#stuckSince ??= performance.now();
    }
  }

  #next(): string | undefined {
    const names = this.#names;
    this.#names = undefined;
    if (names !== undefined) return names;
    const text = this.#waiting.shift();
    this.#waitingLength -= text?.length ?? 0;
    return text;
  }
}
