import type { MessagePort, Transferable } from 'node:worker_threads';
import type { ToWorker } from '../wire/messages.ts';

/**
 * What is sent to one worker thread, counted. A message can be written and not be read, when it is nested too deeply for
 * that thread's stack: then the thread knows of it only the how-manieth it was.
 */
export class Outbox {
  readonly #port: MessagePort;
  #posted = 0;

  constructor(port: MessagePort) {
    this.#port = port;
  }

  /** @returns its number, from 1: messages arrive in this order, also if a getter in one of them posts another one. */
  post(message: ToWorker, transfer: readonly Transferable[] = []): number {
    this.#port.postMessage(message, transfer);
    return ++this.#posted;
  }
}
