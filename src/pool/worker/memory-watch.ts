import { getHeapStatistics } from 'node:v8';

/** Tells once that the thread holds more memory than it may. Then it waits until the main thread has taken back what it can. */
export class MemoryWatch {
  readonly #maxBytes: number;
  #told = false;
  #goOn: () => void = () => {};

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /** To be asked after a task; the first yes is to be sent on with its result. About 2 µs, or nothing without a limit. */
  isFull(): boolean {
    if (this.#maxBytes === Infinity || this.#told) return false;
    return (this.#told = bytesHeld() > this.#maxBytes);
  }

  untilRecalled(): Promise<void> {
    return new Promise((resolve) => (this.#goOn = resolve));
  }

  recalled(): void {
    this.#goOn();
  }
}

/** Of this thread alone: `process.memoryUsage()` tells some of it for the whole process. */
function bytesHeld(): number {
  const { used_heap_size: heap, external_memory: external } = getHeapStatistics();
  return heap + external;
}
