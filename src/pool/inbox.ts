import type { Failure, WorkerEvents } from '../scheduler/backend.ts';
import { decodeReason } from './error-codec.ts';
import { OpenCalls } from './open-calls.ts';
import type { Outbox } from './outbox.ts';
import type { SentBatches } from './sent-batches.ts';
import { warnOfTeardown } from './teardown-warning.ts';
import type { ThreadDelivery } from './thread-delivery.ts';
import { decode } from './value-codec.ts';
import type { Answers, Call, Left, Reported, ReturnedTask, ToMain, Unread, Waits } from './wire.ts';

/** Takes what one worker thread tells, and tells the scheduler. The other end is `run-batches.ts`. */
export class Inbox {
  readonly #outbox: Outbox;
  readonly #sent: SentBatches;
  readonly #events: WorkerEvents;
  readonly #calls: OpenCalls;
  readonly #end: (cause?: unknown) => void;
  #uncaught: unknown = undefined;

  /** @param end ends the thread: it has cleaned up, or can't go on. */
  constructor(outbox: Outbox, sent: SentBatches, events: WorkerEvents, end: (cause?: unknown) => void) {
    this.#outbox = outbox;
    this.#sent = sent;
    this.#events = events;
    this.#calls = new OpenCalls(outbox, (...call) => events.called(...call));
    this.#end = end;
  }

  /** What the thread itself told of the error that ended it; else the error as Node tells it. */
  wholeOf(error: unknown): unknown {
    const told = this.#uncaught;
    return told instanceof Error && error instanceof Error && told.message === error.message ? told : error;
  }

  received(message: ToMain): void {
    if ('values' in message) this.#answered(message);
    else if ('begun' in message) this.#with(message.begun, (delivery) => this.#events.began(delivery));
    else if ('reported' in message) this.#reported(message);
    else if ('left' in message) this.#left(message);
    else if ('unread' in message) this.#unread(message);
    else if ('call' in message) this.#called(message);
    else if ('withdraw' in message) this.#calls.withdraw(message);
    else if ('waits' in message) this.#waits(message);
    else if ('uncaught' in message) this.#uncaught = decodeReason(message.uncaught);
    else
      this.#with(message.returned, (delivery) => {
        for (const task of message.tasks) takeBackMoved(delivery, task);
      });
  }

  #answered({ id, from, last, values, failures = [], extras = [], full }: Answers): void {
    if (full === true) {
      this.#events.full();
      this.#outbox.post({ recalled: true });
    }
    const delivery = this.#sent.find(id);
    // The answer before this one could not be read.
    if (delivery === undefined || delivery.answered !== from) return;
    for (const each of extras) decode({ values, extras: each });
    const decoded = failures.map(([position, reason]): Failure => [position, decodeReason(reason)]);
    for (const [index] of delivery.targets ?? []) this.#sent.knownTargets.add(index);
    delivery.targets = undefined;
    this.#events.answered(delivery, values, decoded, last);
  }

  #unread({ unread, reason }: Unread): void {
    const delivery = this.#sent.sentAs(unread);
    // A result for a task that waits for it there, and would do so for ever.
    if (delivery === undefined) return this.#end(decodeReason(reason));
    const { name, message } = decodeReason(reason) as Error;
    this.#events.unread(delivery, new DOMException(`args: ${name}: ${message}`, 'DataCloneError'));
  }

  #reported({ reported, position, report }: Reported): void {
    if (this.#sent.claims.reportTaken()) this.#outbox.post({ resume: true });
    this.#with(reported, ({ jobs }) => jobs[position]?.report(decode(report)[0]));
  }

  #called(message: Call): void {
    const parent = this.#sent.find(message.batch)?.jobs[message.position];
    if (parent !== undefined) this.#calls.call(parent, message);
  }

  #waits({ waits, seen, from }: Waits): void {
    const origin = from && this.#sent.find(from.batch);
    if (from !== undefined && origin !== undefined) {
      const parked = this.#sent.moveOut(origin, from.position, waits, from.claims);
      this.#events.parked(origin, from.position, parked);
      parked.tellToStop(0);
    }
    this.#with(waits, (parked) => this.#events.waits(parked, seen));
  }

  #left({ left }: Left): void {
    for (const [module, reason] of left)
      warnOfTeardown(`teardown() of ${module} failed`, decodeReason(reason));
    this.#end();
  }

  #with(id: number, then: (delivery: ThreadDelivery) => void): void {
    const delivery = this.#sent.find(id);
    if (delivery !== undefined) then(delivery);
  }
}

function takeBackMoved({ jobs }: ThreadDelivery, [position, args, transfer]: ReturnedTask): void {
  jobs[position]?.handBack(decode(args), transfer);
}
