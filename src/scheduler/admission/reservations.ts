import type { Lifecycle } from '../lifecycle.ts';
import type { Transitions } from '../transitions.ts';
import { AdmissionWaiter } from './admission.ts';
import type { Admission } from './admission.ts';

/** Takes places before there are tasks for them: a loop may begin a pull from its source only while it holds a place. */
export class Reservations {
  readonly #transitions: Transitions;
  readonly #admission: Admission;
  readonly #lifecycle: Lifecycle;

  constructor(transitions: Transitions, admission: Admission, lifecycle: Lifecycle) {
    this.#transitions = transitions;
    this.#admission = admission;
    this.#lifecycle = lifecycle;
  }

  /** Takes a place if the executor is open, a place is free and no line has a waiter. */
  tryTake(): boolean {
    return this.#lifecycle.state === 'open' && this.#admission.tryAdmit(0);
  }

  /** Waits for a place, in the line of submissions from outside. */
  wait(): PlaceWaiter {
    const waiter = new PlaceWaiter();
    if (this.#lifecycle.state === 'open') this.#admission.wait(waiter);
    else waiter.closed(this.#lifecycle.closedError());
    return waiter;
  }

  /** Leaves the line, or gives the place back if the waiter has got it. */
  giveUp(waiter: PlaceWaiter): void {
    if (waiter.held) this.release();
    else this.#transitions.run(() => this.#admission.leave(waiter));
  }

  /** Gives back a place that no task uses. */
  release(): void {
    this.#transitions.run(() => this.#admission.releasePlace());
    this.#admission.tellIfEmpty();
  }
}

/** A loop that stands in line for a place. */
export class PlaceWaiter extends AdmissionWaiter {
  readonly bytes = 0;
  /** Resolves when the loop has its place; rejects when the executor admits nothing more. */
  readonly promise: Promise<void>;
  /** Does the loop have its place? It must then use the place or give it back. */
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
