import { warn } from '../../../base/warn.ts';
import type { Call, Failure, WorkerEvents } from '../../../scheduler/dispatch/backend.ts';
import { decodeReason } from '../../wire/error-codec.ts';
import { Feed } from './feed.ts';
import { OpenCalls } from './open-calls.ts';
import type { Outbox } from './outbox.ts';
import { readLoneAnswer, readMessage } from '../../wire/read-message.ts';
import type { LoneAnswer } from '../../wire/lone-call.ts';
import type { SentBatches } from './sent-batches.ts';
import { warnOfTeardown } from '../teardown-warning.ts';
import type { ThreadBatch } from './thread-batch.ts';
import { decode } from '../../wire/value-codec.ts';
import type { Answers, Broken, Left, Reported, Spoiled, Unread } from '../../wire/messages.ts';
import type { Items, Submit, Waits } from '../../wire/nested-messages.ts';
import type { Pull } from '../../wire/source-messages.ts';

const none: readonly Failure[] = [];

/** How the inbox tells that the thread ends. */
export interface ThreadEnds {
  /** The thread can't go on, and must be terminated. */
  fail(cause: unknown): void;
  /** The thread is ending by itself. */
  exits(): void;
}

/** Codes of errors that stand for an error which Node could not send or read. */
const unread = new Set<unknown>(['ERR_WORKER_UNSERIALIZABLE_ERROR', 'ERR_MILLRACE_UNREADABLE']);

/** Turns the messages of one worker thread into events of the scheduler. The other end is `worker-entry.ts`. */
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

  /** The error that ended the thread as the thread itself sent it, or else as Node reports it. */
  wholeOf(error: unknown): unknown {
    const told = this.#uncaught;
    if (!(error instanceof Error) || told === undefined) return error;
    const isTold = told instanceof Error && told.message === error.message;
    return isTold || unread.has((error as { code?: unknown }).code) ? told : error;
  }

  /** @throws for a message that the thread would never send by itself; then nothing has changed. */
  received(given: unknown): void {
    if (Array.isArray(given)) return this.#answeredAlone(readLoneAnswer(given));
    const message = readMessage(given);
    if (message.kind === 'answers') this.#answered(message);
    else if (message.kind === 'begun') this.#with(message.begun, (batch) => this.#events.began(batch));
    else if (message.kind === 'reported') this.#reported(message);
    else if (message.kind === 'left') this.#left(message);
    else if (message.kind === 'unread') this.#unread(message);
    else if (message.kind === 'call') this.#called(message);
    else if (message.kind === 'withdraw') this.#calls.withdraw(message);
    else if (message.kind === 'waits') this.#waits(message);
    else if (message.kind === 'items') this.#yielded(message);
    else if (message.kind === 'took') this.#calls.took(message);
    else if (message.kind === 'pull') this.#pulled(message);
    else if (message.kind === 'leaveSource')
      this.#with(message.leaveSource, (batch) => this.#events.leftSource(batch, message.source));
    else if (message.kind === 'supplied') this.#calls.supplied(message);
    else if (message.kind === 'exiting') this.#ends.exits();
    else if (message.kind === 'spoiled') warnOfSpoiling(message);
    else if (message.kind === 'broken') this.#ends.fail(brokenError(message));
    else if (message.kind === 'uncaught') this.#uncaught = decodeReason(message.uncaught);
    else
      this.#with(message.returned, (batch) => {
        for (const [position, args, transfer] of message.tasks)
          this.#events.handedBack(batch, position, decode(args), transfer);
      });
  }

  #answeredAlone([id, value]: LoneAnswer): void {
    const batch = this.#sent.find(id);
    if (batch === undefined || !continues(batch, 0, 1, true))
      throw new TypeError(`an answer that fits no lone call (${id})`);
    this.#events.answered(batch, [value], none, true);
  }

  #answered({ id, from, last, values, failures = [], extras = [], full }: Answers): void {
    if (full === true) {
      this.#events.full();
      this.#outbox.post({ kind: 'recalled' });
    }
    const batch = this.#sent.find(id);
    if (batch === undefined || !continues(batch, from, values.length, last))
      throw new TypeError(`answers that fit no batch (${id}, from ${from}, ${values.length} values)`);
    for (const each of extras) decode({ values, extras: each });
    const decoded = failures.map(([position, reason]): Failure => [position, decodeReason(reason)]);
    for (const [index] of batch.targets ?? []) this.#sent.knownTargets.add(index);
    batch.targets = undefined;
    this.#events.answered(batch, values, decoded, last);
  }

  #unread({ unread, reason }: Unread): void {
    const batch = this.#sent.sentAs(unread);
    // Not a batch: a task in the thread waits for this message, and would wait for ever.
    if (batch === undefined) return this.#ends.fail(decodeReason(reason));
    const { name, message } = decodeReason(reason) as Error;
    this.#events.unread(batch, new DOMException(`args: ${name}: ${message}`, 'DataCloneError'));
  }

  #reported({ reported, position, report }: Reported): void {
    if (this.#sent.claims.reportTaken()) this.#outbox.post({ kind: 'resume' });
    this.#with(reported, (batch) => this.#events.reported(batch, position, decode(report)[0]));
  }

  #called(message: Submit): void {
    this.#with(message.batch, (batch) => {
      if (batch.jobs[message.position] !== undefined) this.#calls.call(batch, message);
    });
  }

  #yielded({ items, values, extras = [] }: Items): void {
    this.#with(items, (batch) => {
      for (const each of extras) decode({ values, extras: each });
      this.#events.yielded(batch, values);
    });
  }

  #pulled({ pull, source, credits }: Pull): void {
    this.#with(pull, (batch) => {
      if (credits === undefined) return batch.feeds[source]?.goOn();
      if (batch.feeds[source] !== undefined || batch.jobs[0]?.sources == null) return undefined;
      const feed = new Feed(this.#outbox, batch.origin, source, credits);
      if (batch.feeds.length === 0) batch.feeds = [];
      batch.feeds[source] = feed;
      return this.#events.opened(batch, source, feed);
    });
  }

  #waits({ waits, seen, from, waitsFor = 'calls' }: Waits): void {
    const origin = from && this.#sent.find(from.batch);
    if (from !== undefined && origin !== undefined) {
      const parked = this.#sent.moveOut(origin, from.position, waits, from.claims);
      this.#events.parked(origin, from.position, parked);
      parked.tellToStop(0);
    }
    this.#with(waits, (parked) => this.#events.waits(parked, seen, waitsFor));
  }

  #left({ left }: Left): void {
    for (const [module, reason] of left)
      warnOfTeardown(`teardown() of ${module} failed`, decodeReason(reason));
  }

  #with(id: number, then: (batch: ThreadBatch<C>) => void): void {
    const batch = this.#sent.find(id);
    if (batch !== undefined) then(batch);
  }
}

/** Do these answers start where the last ones ended, and complete the batch if they are the last ones? */
function continues(
  { answered, jobs }: ThreadBatch<Call>,
  from: number,
  count: number,
  last: boolean,
): boolean {
  const end = from + count;
  return from === answered && (last ? end === jobs.length : end <= jobs.length);
}

function brokenError({ why }: Broken): Error {
  return new Error(`a task has changed what its thread relies on: ${why}`);
}

function warnOfSpoiling({ spoiled }: Spoiled): void {
  const names = spoiled.join(', ');
  warn(
    'MillraceWorkerWarning',
    `a task has changed what other tasks of its thread rely on (${names}): the executor replaces the thread`,
  );
}
