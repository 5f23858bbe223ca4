import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import type { Future, TaskMessage } from 'millrace';
import type { Random } from './random.ts';

/** What callbacks may do to the executor that calls them. */
export interface Deeds {
  check(): void;
  submit(): void;
  shutDown(): void;
}

const channels = ['submit', 'start', 'settle', 'refuse'].map((name) => `millrace:task:${name}`);
/** Futures that are remembered, to be cancelled. */
const remembered = 32;

/** User code in the midst of an executor's work: subscribers, getters and sources, which now and then do something to it. */
export class Meddler {
  readonly #executor: string;
  readonly #random: Random;
  readonly #deeds: Deeds;
  readonly #futures: Future<unknown>[] = [];

  constructor(executor: string, random: Random, deeds: Deeds) {
    this.#executor = executor;
    this.#random = random;
    this.#deeds = deeds;
    for (const name of channels) subscribe(name, this.#hear);
  }

  stop(): void {
    for (const name of channels) unsubscribe(name, this.#hear);
  }

  readonly act = (): void => {
    const random = this.#random;
    const luck = random.next();
    if (luck < 0.05) this.#deeds.check();
    else if (luck < 0.06) {
      const reason = Object.defineProperty(new Meddled(), 'acts', { enumerable: true, get: this.act });
      const future = random.pick([...this.#futures, undefined]);
      // A task without an end that is cancelled has no time-out any more: its thread must be ended with it.
      const isEndless = /^(?:spinning|never)$/.test(future?.task.name ?? '');
      future?.cancel(reason, { interrupt: isEndless || random.chance(0.5) });
    } else if (luck < 0.07) this.#deeds.submit();
    else if (luck < 0.07005) this.#deeds.shutDown();
  };

  readonly #hear = (message: unknown): void => {
    const { executor, future } = message as TaskMessage;
    if (executor !== this.#executor) return;
    this.#futures[this.#random.integer(0, Math.min(remembered, this.#futures.length + 1) - 1)] = future;
    this.act();
    if (this.#random.chance(0.0005)) throw new Meddled();
  };
}

/** The reason of those that callbacks have cancelled, and what subscribers throw. */
class Meddled extends Error {
  override readonly name = 'Meddled';
}

export function isMeddled(reason: unknown): boolean {
  return (reason as Error | undefined)?.name === 'Meddled';
}
