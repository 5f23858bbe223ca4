import type { Reader, Step } from './reader.ts';
import { Ring } from './ring.ts';

/** The readers that wait for the next step of an iteration, oldest first. */
export class Readers<T> {
  readonly #waiting = new Ring<Reader<T>>();

  get size(): number {
    return this.#waiting.size;
  }

  /** The promise of `next()` when there is nothing to read yet. */
  wait(): Promise<Step<T>> {
    return new Promise((resolve, reject) => this.#waiting.push({ resolve, reject }));
  }

  /** Takes the oldest reader, who must get a step. Take it before reading one: a failure may end all the others. */
  shift(): Reader<T> | undefined {
    return this.#waiting.shift();
  }

  /** Tells the oldest reader the end, or the error that is the end. */
  end(error: { readonly reason: unknown } | null): void {
    const reader = this.#waiting.shift();
    if (error === null) reader?.resolve({ done: true, value: undefined });
    else reader?.reject(error.reason);
  }
}
