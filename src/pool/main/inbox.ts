import type { Call, Failure, WorkerEvents } from '../../scheduler/dispatch/backend.ts';
import { decodeReason } from '../wire/error-codec.ts';
import { OpenCalls } from './open-calls.ts';
import type { Outbox } from './outbox.ts';
import { readMessage } from '../wire/read-message.ts';
import type { SentBatches } from './sent-batches.ts';
import { warnOfTeardown } from './teardown-warning.ts';
import type { ThreadDelivery } from './thread-delivery.ts';
import { decode } from '../wire/value-codec.ts';
import type { Answers, Broken, Left, Reported, Submit, Unread, Waits } from '../wire/messages.ts';

/** What becomes of the thread. */
export interface ThreadEnds {
  /** It can't go on, and is to be ended. */
  fail(cause: unknown): void;
  /** It ends by itself. */
  exits(): void;
}

/** Takes what one worker thread tells, and tells the scheduler. The other end is `run-batches.ts`. */
export class Inbox<C extends Call> {
  readonly #outbox: Outbox;
  readonly #sent: SentBatches<C>;
  readonly #events: WorkerEvents<C>;
  readonly #calls: OpenCalls<C>;
  readonly #ends: ThreadEnds;
  #uncaught: unknown = undefined;

  constructor(outbox: Outbox, sent: SentBatches<C>, events: WorkerEvents<C>, ends: ThreadEnds) {
    this.#outbox = outbox;
    this.#sent = sent;
    this.#events = events;
    this.#calls = new OpenCalls(outbox, (...call) => events.called(...call));
    this.#ends = ends;
  }

  /** What the thread itself told of the error that ended it; else the error as Node tells it. */
  wholeOf(error: unknown): unknown {
    const told = this.#uncaught;
    return told instanceof Error && error instanceof Error && told.message === error.message ? told : error;
  }

  /** @throws for what the thread would never send by itself; then nothing has changed. */
  received(given: unknown): void {
    const message = readMessage(given);
    if (message.kind === 'answers') this.#answered(message);
    else if (message.kind === 'begun') this.#with(message.begun, (delivery) => this.#events.began(delivery));
    else if (message.kind === 'reported') this.#reported(message);
    else if (message.kind === 'left') this.#left(message);
    else if (message.kind === 'unread') this.#unread(message);
    else if (message.kind === 'call') this.#called(message);
    else if (message.kind === 'withdraw') this.#calls.withdraw(message);
    else if (message.kind === 'waits') this.#waits(message);
    else if (message.kind === 'exiting') this.#ends.exits();
    else if (message.kind === 'broken') this.#ends.fail(brokenError(message));
    else if (message.kind === 'uncaught') this.#uncaught = decodeReason(message.uncaught);
    else
      this.#with(message.returned, (delivery) => {
        for (const [position, args, transfer] of message.tasks)
          this.#events.handedBack(delivery, position, decode(args), transfer);
      });
  }

  #answered({ id, from, last, values, failures = [], extras = [], full }: Answers): void {
    if (full === true) {
      this.#events.full();
      this.#outbox.post({ kind: 'recalled' });
    }
    const delivery = this.#sent.find(id);
    if (delivery === undefined || !continues(delivery, from, values.length, last))
      throw new TypeError(`answers that fit no batch (${id}, from ${from}, ${values.length} values)`);
    for (const each of extras) decode({ values, extras: each });
    const decoded = failures.map(([position, reason]): Failure => [position, decodeReason(reason)]);
    for (const [index] of delivery.targets ?? []) this.#sent.knownTargets.add(index);
    delivery.targets = undefined;
    this.#events.answered(delivery, values, decoded, last);
  }

  #unread({ unread, reason }: Unread): void {
    const delivery = this.#sent.sentAs(unread);
    // A result for a task that waits for it there, and would do so for ever.
    if (delivery === undefined) return this.#ends.fail(decodeReason(reason));
    const { name, message } = decodeReason(reason) as Error;
    this.#events.unread(delivery, new DOMException(`args: ${name}: ${message}`, 'DataCloneError'));
  }

  #reported({ reported, position, report }: Reported): void {
    if (this.#sent.claims.reportTaken()) this.#outbox.post({ kind: 'resume' });
    this.#with(reported, (delivery) => this.#events.reported(delivery, position, decode(report)[0]));
  }

  #called(message: Submit): void {
    this.#with(message.batch, (delivery) => {
      if (delivery.jobs[message.position] !== undefined) this.#calls.call(delivery, message);
    });
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
  }

  #with(id: number, then: (delivery: ThreadDelivery<C>) => void): void {
    const delivery = this.#sent.find(id);
    if (delivery !== undefined) then(delivery);
  }
}

/** The next answers to a batch, and as many as it has jobs left if they are the last ones. */
function continues(
  { answered, jobs }: ThreadDelivery<Call>,
  from: number,
  count: number,
  last: boolean,
): boolean {
  const end = from + count;
  return from === answered && (last ? end === jobs.length : end <= jobs.length);
}

function brokenError({ why }: Broken): Error {
  return new Error(`a task has changed what its thread rests on: ${why}`);
}
