import process from 'node:process';
import { setImmediate } from 'node:timers';

// A task may replace them.
const soon = setImmediate;
const { queueMicrotask } = globalThis;
/** The steps of `process.exit` that Node's types leave out. */
const node = process as NodeJS.Process & {
  readonly _exiting: boolean;
  reallyExit(code?: number | string | null): never;
};
const exit = node.exit.bind(node);
const reallyExit = node.reallyExit.bind(node);

/**
 * The end of the thread from within: by `process.exit`, or an error that nobody catches.
 *
 * An `exit` event alone is none, for a task may emit it by hand. Nor does each end that begins come to pass: another listener
 * may throw, and the task may catch that. But things have been given away by then, so the thread is ended all the same.
 */
export class ThreadExit {
  readonly #exiting: () => void;
  #began = false;

  /** @param exiting called once, when the end has begun. */
  constructor(exiting: () => void) {
    this.#exiting = exiting;
    this.#listen();
    // A task may have removed the listener.
    node.reallyExit = (code) => {
      this.#begin();
      return reallyExit(code);
    };
  }

  /** As `process.exit` does it: what listens for `exit` in the thread is called, and may throw. */
  gracefully(): void {
    exit(0);
  }

  /** @param last called before the end, when all else has been sent. */
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
    // If the event loop comes round, the end was called off.
    soon(() => reallyExit(process.exitCode));
    this.#exiting();
  }
}
