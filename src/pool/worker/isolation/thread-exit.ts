import process from 'node:process';
import { setImmediate } from 'node:timers';

// A task may replace them.
const soon = setImmediate;
const { queueMicrotask } = globalThis;
/** The steps of `process.exit` that Node's types leave out. */
const node = process as NodeJS.Process & {
  _exiting: boolean;
  reallyExit(code?: number | string | null): never;
};
const exit = node.exit.bind(node);
const reallyExit = node.reallyExit.bind(node);

/**
 * The end of the thread from within: by `process.exit` or an uncaught error.
 *
 * An `exit` event alone is no end, because a task may emit it by hand. And an end that has begun may stop: another listener may
 * throw, and the task may catch that. But the thread has handed its batches back by then, so it ends all the same.
 */
export class ThreadExit {
  readonly #exiting: () => void;
  #began = false;

  /** @param exiting called once, when the end begins. */
  constructor(exiting: () => void) {
    this.#exiting = exiting;
    this.#listen();
    // A task may have removed the listener.
    node.reallyExit = (code) => {
      this.#begin();
      return reallyExit(code);
    };
    this.#watchFlag();
  }

  /** Ends as `process.exit` does: calls the thread's `exit` listeners, which may throw. */
  gracefully(): void {
    exit(0);
  }

  /** @param last called right before the end, when everything else has been sent. */
  atOnce(last: () => void): void {
    try {
      this.#begin();
    } finally {
      try {
        last();
      } finally {
        reallyExit(1);
      }
    }
  }

  #listen(): void {
    process.on('exit', this.#onExit);
    process.on('removeListener', this.#onRemoval);
  }

  /** Watches the flag that each end sets first. While it is set `nextTick` calls nothing, so a task that sets it ends the thread, too. */
  #watchFlag(): void {
    const flag = Object.getOwnPropertyDescriptor(node, '_exiting');
    if (flag?.get === undefined || flag.set === undefined) return;
    const get = flag.get.bind(node);
    const set = flag.set.bind(node);
    Object.defineProperty(node, '_exiting', {
      configurable: false,
      get,
      set: (value) => {
        set(value);
        if (value) this.#begin();
      },
    });
  }

  readonly #onExit = (): void => {
    if (node._exiting) this.#begin();
  };

  readonly #onRemoval = (event: string | symbol, listener: unknown): void => {
    if (event !== 'exit' || listener !== this.#onExit) return;
    queueMicrotask(() => {
      process.off('removeListener', this.#onRemoval);
      this.#listen();
    });
  };

  #begin(): void {
    if (this.#began) return;
    this.#began = true;
    // If the event loop turns again, the end was called off.
    soon(() => reallyExit(process.exitCode));
    this.#exiting();
  }
}
