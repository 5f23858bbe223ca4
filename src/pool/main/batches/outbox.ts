import type { MessagePort, Transferable } from 'node:worker_threads';
import type { LoneCall } from '../../wire/lone-call.ts';
import type { ToWorker } from '../../wire/messages.ts';
import { PollWords } from '../../wire/poll-words.ts';
import { stayAwake } from '../stay-awake.ts';

/**
 * Posts messages to one worker thread, and counts them. The thread can't read a message that is nested too deeply for its
 * stack: it then knows only the sequence number.
 */
export class Outbox {
  readonly #port: MessagePort;
  readonly poll: PollWords = new PollWords();
  #posted = 0;

  constructor(port: MessagePort) {
    this.#port = port;
  }

  /** @returns the message's sequence number, from 1. Messages arrive in this order, even if a getter in one posts another. */
  post(message: ToWorker | LoneCall, transfer?: readonly Transferable[]): number {
    // Node takes longer to read even an empty list than to post the rest of a small message.
    if (transfer === undefined || transfer.length === 0) this.#port.postMessage(message);
    else this.#port.postMessage(message, transfer);
    this.poll.posted(++this.#posted);
    return this.#posted;
  }

  /** Posts a call that is likely to be answered at once. */
  postLone(call: LoneCall): number {
    const ordinal = this.post(call);
    if (this.poll.isPolling) stayAwake();
    return ordinal;
  }
}
