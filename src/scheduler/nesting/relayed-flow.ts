import { Credits } from '../../base/credits.ts';
import type { CallFlow } from '../../tasks/call-flow.ts';
import type { JobFlow } from '../job/job-parts.ts';

/** The items of a child task on their way to its parent, which reads them in its own thread. */
export class RelayedFlow implements JobFlow {
  readonly window: number;
  readonly windowBytes: number;
  readonly credits: SharedArrayBuffer;
  readonly arrived: (items: unknown[]) => void;
  readonly #credits: Credits;
  /** Has the parent left the loop over the items? */
  isDropped = false;
  #hasLeft = false;
  #onLeft: () => void = () => {};

  constructor({ window, windowBytes, credits }: CallFlow, arrived: (items: unknown[]) => void) {
    this.window = window;
    this.windowBytes = windowBytes;
    this.credits = credits;
    this.arrived = arrived;
    this.#credits = new Credits(credits);
  }

  get isGenerator(): boolean {
    return true;
  }

  /** Always false: the reader ends with the parent task, and the child is cancelled then. */
  get isAbandoned(): boolean {
    return false;
  }

  get hasYielded(): boolean {
    return this.#credits.hasYielded;
  }

  /** Calls back when the worker is free of the generator, or has ended. */
  whenLeft(call: () => void): void {
    if (this.#hasLeft) call();
    else this.#onLeft = call;
  }

  left(): void {
    this.#hasLeft = true;
    this.#onLeft();
  }

  restarted(): void {
    this.#hasLeft = false;
    this.#credits.reset();
  }
}
