import { longestTimer } from './options.ts';

/**
 * One call after a delay of any length, and never early by `performance.now()`.
 *
 * Node's own timers take a delay beyond 2,147,483,647 ms (24.8 days), which a sum of two valid delays may be, for 1 ms; they cut
 * off fractions, and may fire up to a millisecond early. Newer versions of Node warn the user of a negative delay, which is that of a
 * deadline that has passed. This timer checks the clock when a Node timer fires, and sets another one for the remaining time.
 */
export class Timer {
  readonly #at: number;
  readonly #ring: () => void;
  readonly #keepsAlive: boolean;
  #timer: NodeJS.Timeout;

  /**
   * @param delayMs milliseconds, any number; Infinity never rings.
   * @param ring called once, when the delay has passed.
   * @param keepsAlive whether the timer keeps the process alive. Default true.
   */
  constructor(
    delayMs: number,
    ring: () => void,
    { keepsAlive = true }: { readonly keepsAlive?: boolean } = {},
  ) {
    this.#at = performance.now() + delayMs;
    this.#ring = ring;
    this.#keepsAlive = keepsAlive;
    this.#timer = this.#start();
  }

  /** Prevents the call. May be called at any time, more than once. */
  cancel(): void {
    clearTimeout(this.#timer);
  }

  #start(): NodeJS.Timeout {
    const leftMs = Math.min(Math.max(0, Math.ceil(this.#at - performance.now())), longestTimer);
    const timer = setTimeout(() => this.#fired(), leftMs);
    return this.#keepsAlive ? timer : timer.unref();
  }

  #fired(): void {
    if (performance.now() >= this.#at) this.#ring();
    else this.#timer = this.#start();
  }
}
