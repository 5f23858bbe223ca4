import { Waiter } from './admission.ts';

/** Stands in line for a place before there is a task for it. */
export class Reservation extends Waiter {
  readonly bytes = 0;
  /** Resolves when the place has been taken for it; rejects when nobody will be admitted any more. */
  readonly promise: Promise<void>;
  /** Has the place been taken? Then it is the caller's to use or to give back. */
  held = false;
  #resolve!: () => void;
  #reject!: (error: unknown) => void;

  constructor() {
    super();
    this.promise = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
  }

  granted(): void {
    this.held = true;
    this.#resolve();
  }

  closed(error: unknown): void {
    this.#reject(error);
  }
}
