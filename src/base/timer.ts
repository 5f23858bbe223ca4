import { longestTimer } from './options.ts';

/**
 * One call after a delay of any length, and never early by `performance.now()`.
 *
 * Node's own timers are neither: a delay beyond 2,147,483,647 ms (24.8 days), which a sum of two valid delays may be, is taken for 1 ms,
 * fractions are cut off, and they may fire up to a millisecond early. Here each of them is looked at when it fires, and set
 * again for what is left.
 */
export class Timer {
  readonly #at: number;
  readonly #ring: () => void;
  readonly #keepsAlive: boolean;
  #timer: NodeJS.Timeout;

  /**
   * @param delayMs milliseconds, any number; Infinity never rings.
   * @param keepsAlive whether the process stays alive for it. Default true.
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

  /** It never rings from now on. May be called at any time, more than once. */
  cancel(): void {
    clearTimeout(this.#timer);
  }

  #start(): NodeJS.Timeout {
    const leftMs = Math.min(Math.ceil(this.#at - performance.now()), longestTimer);
    const timer = setTimeout(() => this.#fired(), leftMs);
    return this.#keepsAlive ? timer : timer.unref();
  }

  #fired(): void {
    if (performance.now() >= this.#at) this.#ring();
    else this.#timer = this.#start();
  }
}
