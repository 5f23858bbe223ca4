import { createHmac, timingSafeEqual } from 'node:crypto';

/**
 * What is sealed: a batch on its way to a host, a reply on its way back, a request to stop, a host's proof that it has the secret,
 * its name; a request to look on, and what is seen then.
 */
type Purpose = 'batch' | 'reply' | 'stop' | 'host' | 'key' | 'watch' | 'frame';

/**
 * Signs every message through Redis with the secret of producers and hosts, and checks signatures before anything is deserialized. An
 * attacker who can only write to Redis can't make a host run a task, or a producer accept a reply.
 */
export class Seal {
  readonly #secret: string | Buffer | undefined;

  /** @param secret undefined signs and checks nothing. */
  constructor(secret: string | Buffer | undefined) {
    this.#secret = secret;
  }

  /** Distinguishes secrets without revealing them; the same for all seals without one. */
  get key(): string {
    return this.sign('key', [], new Uint8Array()).toString('base64').slice(0, 16);
  }

  /** @param about the batch, producer or fence of the bytes: bytes of another are refused. */
  sign(purpose: Purpose, about: readonly string[], bytes: Uint8Array): Buffer {
    if (this.#secret === undefined) return Buffer.alloc(0);
    const hmac = createHmac('sha256', this.#secret);
    // No part holds a newline; what the purpose is can't be mistaken for a part.
    hmac.update(`millrace 1 ${purpose}\n${about.join('\n')}\n\n`);
    return hmac.update(bytes).digest();
  }

  holds(purpose: Purpose, about: readonly string[], bytes: Uint8Array, signature: Uint8Array): boolean {
    if (this.#secret === undefined) return true;
    const own = this.sign(purpose, about, bytes);
    return own.length === signature.length && timingSafeEqual(own, signature);
  }
}
