import { Future } from '../../scheduler/job/future.ts';
import type { Job, SettlementListener } from '../../scheduler/job/job.ts';
import { Task } from '../../tasks/task.ts';
import type { RemoteCall } from '../wire/batch-wire.ts';
import { Bits } from '../wire/bits.ts';
import { answerOf } from './answer-of.ts';
import type { BeginAnswer } from './host-link.ts';
import { NextReply } from './next-reply.ts';
import { outcomeOf } from './outcome.ts';
import { longestHoldMs, ReplyTimer } from './reply-timer.ts';
import { RunningJobs } from './running-jobs.ts';
import type { RunParts, RunStatus } from './run-parts.ts';
import { windowSize } from './window.ts';

/**
 * One batch on its host, from its begin to its last reply.
 *
 * ```
 * position: waits ──window──→ handed over ──settled──→ told
 *             └── cancelled, or given back when the host leaves ──→ told
 * ```
 * The batch is over when every position has been told, or when another host has taken it over: then its running tasks are cancelled.
 */
export class BatchRun implements SettlementListener {
  readonly #parts: RunParts;
  readonly #calls: readonly RemoteCall[];
  readonly #tasks: readonly (Task<unknown> | Error)[];
  readonly #fence: string;
  /** Positions below this one have been handed over, or skipped. */
  #handedOver = 0;
  /** Positions below this one may be handed over. 0: Redis has not let the batch begin yet. */
  #upTo = 0;
  readonly #running = new RunningJobs();
  /** Positions that must not begin any more. */
  readonly #cancelled = new Set<number>();
  /** Positions whose request to stop has come. */
  readonly #stopped = new Set<number>();
  readonly #next: NextReply;
  readonly #timer: ReplyTimer;
  #leaving = false;
  #over = false;
  #replying = false;
  #why: string | undefined = undefined;
  readonly #whenOver: Promise<RunStatus>;
  #tellOver!: (status: RunStatus) => void;

  constructor(parts: RunParts, fence: string, calls: readonly RemoteCall[]) {
    this.#parts = parts;
    this.#fence = fence;
    this.#calls = calls;
    this.#tasks = calls.map((call) => parts.taskOf(call));
    this.#next = new NextReply(calls.length);
    this.#timer = new ReplyTimer(() => void this.#reply());
    this.#whenOver = new Promise((resolve) => (this.#tellOver = resolve));
  }

  /** Resolves when the batch is over. */
  async run(): Promise<RunStatus> {
    const begun = await this.#begin();
    if (begun.status !== 'begun') return begun.status;
    const before = new Bits(this.#calls.length, begun.answered);
    for (let position = 0; position < begun.from; position++) {
      if (before.has(position)) this.#next.known(position);
      else this.#next.doubtful(position);
    }
    this.#handedOver = begun.from;
    this.#upTo = begun.upTo;
    for (const position of begun.cancelled) this.#cancelled.add(position);
    this.#handOver();
    this.#schedule();
    return this.#whenOver;
  }

  async #begin(): Promise<BeginAnswer> {
    const answer = await answerOf(
      () => this.#parts.link.begin(this.#fence, this.#windowFrom(0), this.#calls.length),
      () => this.#over || this.#leaving,
    );
    return answer ?? { status: 'unknown' };
  }

  /** Stops the task at this position, if it runs here. */
  stop(position: number, reason: unknown, end: boolean): void {
    this.#cancelled.add(position);
    this.#stopped.add(position);
    const job = this.#running.at(position);
    if (job !== undefined) Future.of(job).cancel(reason, { interrupt: end });
  }

  /** Asks Redis for requests to stop that the control channel has not brought. */
  async readStops(positions: readonly number[] = this.#running.positions()): Promise<void> {
    if (positions.length === 0) return;
    const texts = await answerOf(
      () => this.#parts.link.stops(positions),
      () => this.#over,
    );
    for (const text of texts ?? []) this.#parts.told(text);
  }

  /** The host leaves: returns tasks that have not begun; running ones may end. */
  giveBack(): void {
    this.#leaving = true;
    // A reply before the begin would not be taken, and the batch would begin all the same: `run` gives it back then.
    if (this.#upTo === 0) return;
    const running = new Map(this.#running.entries());
    this.#parts.cancelUnclaimed(givenBack, [...running.keys()]);
    for (const [job, position] of running) {
      if (job.status !== 'cancelled' || job.value !== givenBack) continue;
      this.#running.remove(job, position);
      this.#next.returned(position);
    }
    this.#handOver();
    this.#schedule();
  }

  /** The host must leave: gives up running tasks. */
  abandon(): void {
    for (const [job, position] of this.#running.entries()) {
      Future.of(job).cancel(givenBack, { interrupt: true });
      this.#running.remove(job, position);
      this.#next.doubtful(position);
    }
    this.#schedule();
  }

  /** Another host has the batch, or its producer is gone. */
  drop(status: RunStatus = 'begun'): void {
    if (this.#over) return;
    this.#over = true;
    this.#timer.clear();
    for (const [job] of this.#running.entries()) Future.of(job).cancel(givenBack, { interrupt: true });
    this.#tellOver(status);
  }

  settled(job: Job): void {
    const position = this.#running.positionOf(job);
    if (position === undefined || this.#over) return;
    // `giveBack` tells of returned jobs; a job cancelled while it ran is told once its thread is free.
    if (job.status === 'cancelled' && (job.value === givenBack || job.holdsThread)) return this.#schedule();
    this.#ended(job, position);
    this.#schedule();
  }

  #ended(job: Job, position: number): void {
    const { startedAt, endedAt, task } = job;
    if (startedAt !== undefined && endedAt !== undefined && job.status !== 'cancelled')
      this.#parts.runTimes.learn(Task.targetOf(task), endedAt - startedAt);
    this.#next.reported(this.#running.takeReportsOf(job, position));
    this.#next.ended(outcomeOf(job, position));
    this.#running.remove(job, position);
  }

  /** Hands over the tasks that the window allows; skips cancelled ones, and all if the host leaves. */
  #handOver(): void {
    const limit = this.#leaving ? this.#calls.length : this.#upTo;
    for (; this.#handedOver < limit; this.#handedOver++) {
      const position = this.#handedOver;
      const task = this.#tasks[position];
      if (this.#leaving || this.#cancelled.has(position) || task === undefined) this.#next.returned(position);
      else if (task instanceof Error) {
        this.#why = task.message;
        this.#next.returned(position);
      } else this.#submit(position, task);
    }
  }

  #submit(position: number, task: Task<unknown>): void {
    const { options, carrier } = this.#calls[position] as RemoteCall;
    const job = this.#parts.submit(task, options, carrier);
    this.#running.add(position, job);
    job.observe();
    if (job.done) this.settled(job);
    else job.onSettled(this);
  }

  #windowFrom(from: number): number {
    const targets = this.#tasks.map((task) => (task instanceof Error ? undefined : Task.targetOf(task)));
    return windowSize(targets, from, this.#parts.threads(), this.#parts.runTimes);
  }

  /** Schedules the reply: at once if every position is done or the threads run low; else soon. */
  #schedule(): void {
    if (this.#over || this.#replying) return;
    // No further outcome will come.
    if (this.#next.isLast) void this.#reply();
    else if (this.#runsLow) this.#timer.atOnce();
    else this.#timer.soon(this.#next.size > 0);
  }

  get #runsLow(): boolean {
    return this.#handedOver < this.#calls.length && this.#running.size <= this.#parts.threads();
  }

  async #reply(): Promise<void> {
    this.#timer.clear();
    if (this.#over || this.#replying) return;
    this.#replying = true;
    this.#collectCancelled();
    this.#next.reported(this.#running.takeReports());
    const last = this.#next.isLast;
    const upTo = this.#raised();
    const isAnyway = last || upTo > this.#upTo || this.#next.size > 0;
    const atWork = this.#parts.atWork();
    const began = this.#running.takeBegun(atWork, isAnyway ? 0 : longestHoldMs);
    const offThread = this.#running.takeOffThread(atWork);
    const isNews = isAnyway || began.length > 0 || offThread.length > 0;
    this.#timer.looked(isNews);
    if (isNews) {
      const reply = { host: this.#parts.host, began, offThread, why: this.#why, ...this.#next.take() };
      const sent = { fence: this.#fence, answered: this.#next.answered, upTo, last, reply };
      const cancelled = await answerOf(
        () => this.#parts.link.reply(sent),
        () => this.#over,
      );
      this.#replying = false;
      if (cancelled === undefined) return this.drop('superseded');
      if (last) {
        this.#over = true;
        return this.#tellOver('begun');
      }
      this.#upTo = Math.max(this.#upTo, upTo);
      for (const position of cancelled) this.#cancelled.add(position);
      // The request has gone astray, or is still to come. The reason comes with it.
      void this.readStops(
        cancelled.filter((position) => this.#running.at(position) && !this.#stopped.has(position)),
      );
      this.#handOver();
    } else this.#replying = false;
    return this.#schedule();
  }

  /** The new watermark, if the threads run low. */
  #raised(): number {
    if (!this.#runsLow || this.#handedOver < this.#upTo) return this.#upTo;
    return Math.min(this.#calls.length, this.#handedOver + this.#windowFrom(this.#handedOver));
  }

  /** Collects jobs that were cancelled while they ran, and have returned since. */
  #collectCancelled(): void {
    for (const [job, position] of this.#running.entries()) {
      if (job.status !== 'cancelled' || job.holdsThread) continue;
      this.#running.remove(job, position);
      this.#next.ended(outcomeOf(job, position));
    }
  }
}

const givenBack = new DOMException('Its host gives the task back', 'AbortError');
