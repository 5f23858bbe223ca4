import type {
  BatchAnswerMessage,
  Executor,
  ExecutorInspection,
  RunningTask,
  TaskFailMessage,
  WorkerEndMessage,
} from '../../index.ts';
import type { GateRefuseMessage } from '../../server/gate-diagnostics.ts';
import type { ExecutorFrame } from './frame.ts';
import type { Functions } from './functions.ts';
import { Incidents } from './incidents.ts';
import { readAnswer } from './read-answer.ts';
import { RunFigures } from './run-figures.ts';
import { Spans } from './spans.ts';
import type { Span } from './spans.ts';
import { StreamWaits } from './stream-waits.ts';
import { text } from './text.ts';
import { Sums } from './totals.ts';

/** Most spans of one executor in a frame. */
const mostSpans = 3000;

/** The record of one executor since the last frame. */
export class ExecutorRecord {
  readonly executor: Executor;
  readonly id: number;
  /** Most threads of the executor, even while fewer are up; of a cluster, the threads of its live hosts. */
  workers: number;
  readonly #functions: Functions;
  readonly #spans = new Spans(mostSpans);
  readonly #figures = new RunFigures();
  readonly #incidents = new Incidents();
  readonly #waits = new StreamWaits();
  #sums = new Sums();
  #latest: ExecutorInspection;
  /** Counts at the last frame. */
  #counted: ExecutorInspection;
  #loops: readonly { readonly activeMs: number; readonly idleMs: number }[];

  constructor(executor: Executor, functions: Functions) {
    this.executor = executor;
    this.id = executor.executorId;
    this.workers = Math.max(1, executor.stats().workers);
    this.#functions = functions;
    this.#latest = this.#counted = executor.inspect();
    this.#loops = executor.workerLoopTimes();
  }

  /** Starts a new frame: events while there was no viewer do not count. */
  restart(): void {
    this.#latest = this.#counted = this.executor.inspect();
    this.#loops = this.executor.workerLoopTimes();
    this.#sums = new Sums();
  }

  answered(message: BatchAnswerMessage): void {
    const { batch, worker, suspended } = message;
    const { totals, functionMs } = this.#sums;
    readAnswer(message, (run) => {
      const { functionId, position, count, ranMs } = run;
      const slot = this.#functions.slot(functionId, () => ({
        name: batch.functionName(position),
        module: batch.module(position),
      }));
      const submittedAt = batch.submittedAt(position);
      const admittedAt = batch.admittedAt(position);
      const startedAt = batch.startedAt(position);
      if (admittedAt > 0) {
        totals.placeWaits += count;
        totals.placeWaitMs += (admittedAt - submittedAt) * count;
      }
      const queuedMs = Math.max(0, startedAt - (admittedAt || submittedAt));
      totals.queueMs += queuedMs * count;
      totals.runs += count;
      // While the task waited for child tasks, other tasks had the thread.
      const ownMs = suspended ? 0 : ranMs;
      totals.runMs += ownMs;
      (functionMs[slot] as number) += ownMs;
      this.#figures.ran(
        slot,
        suspended ? { ...run, ranMs: ownMs } : run,
        Math.max(0, startedAt - submittedAt),
      );
      if (!suspended) this.#spans.add(worker, slot, run);
    });
  }

  failed(message: TaskFailMessage, now: number): void {
    this.#incidents.failed(message, now);
    if (message.status !== 'rejected') return;
    const { functionId, functionName, module } = message;
    this.#figures.failed(this.#functions.slot(functionId, () => ({ name: functionName, module })));
  }

  gateRefused(message: GateRefuseMessage, now: number): void {
    this.#sums.totals.gateRefused++;
    this.#incidents.gateRefused(message, now);
  }

  workerEnded(message: WorkerEndMessage, now: number): void {
    if (message.why === 'crashed') {
      this.#sums.totals.deaths++;
      this.#sums.deadTask = message.task === undefined ? undefined : text(message.task);
    }
    if (message.why === 'crashed' || message.why === 'interrupted') this.#incidents.died(message, now);
  }

  /** Samples the state of the executor: twenty times a second. */
  sample(): void {
    const seen = (this.#latest = this.executor.inspect());
    const { tasks, places, bytes, workers, streams } = seen;
    const { totals } = this.#sums;
    totals.samples++;
    totals.waiting += tasks.waiting;
    totals.queued += tasks.queued;
    totals.sent += tasks.sent;
    totals.running += tasks.running;
    totals.suspended += tasks.suspended;
    totals.unread += tasks.unread;
    totals.workers += this.workers;
    for (const { task } of workers) if (task !== undefined) totals.occupied++;
    if (places.taken >= places.capacity) totals.placesFull++;
    if (bytes.taken >= 0.9 * bytes.max) totals.bytesFull++;
    for (const stream of streams) {
      totals.streamSamples++;
      totals[stream.waitsFor]++;
      this.#waits.sample(stream);
    }
  }

  /** Ends the frame. @returns its sums. */
  turn(
    spanMs: number,
    main: Pick<Sums['totals'], 'mainActiveMs' | 'mainMs' | 'cpuMs' | 'threadCpuMs' | 'lateMs'>,
  ): Sums {
    const sums = this.#sums;
    const { totals } = sums;
    const { totals: now, origins } = this.#latest;
    const { totals: before, origins: originsBefore } = this.#counted;
    totals.spanMs = spanMs;
    totals.submitted = now.submitted - before.submitted;
    totals.fulfilled = now.fulfilled - before.fulfilled;
    totals.rejected = now.rejected - before.rejected;
    totals.cancelled = now.cancelled - before.cancelled;
    totals.refused = now.refused - before.refused;
    totals.fromStreams = origins.streams - originsBefore.streams;
    totals.fromTasks = origins.tasks - originsBefore.tasks;
    Object.assign(totals, main);
    this.#turnLoops(totals);
    this.#counted = this.#latest;
    this.#sums = new Sums();
    return sums;
  }

  frame(
    sums: Sums,
    facts: Pick<ExecutorFrame, 'name' | 'verdict' | 'busy' | 'hosted'>,
    now: number,
  ): ExecutorFrame {
    const { totals } = sums;
    const { bytes, places, state, workers, totals: counted } = this.#latest;
    const { waitTimeMs, workers: most } = this.executor.stats();
    this.workers = Math.max(1, most);
    const mean = (sum: number) => tenths(totals.samples > 0 ? sum / totals.samples : 0);
    const { submitted, fulfilled, rejected, cancelled, refused, gateRefused } = totals;
    return {
      id: this.id,
      ...facts,
      state,
      workers: this.workers,
      capacity: places.capacity,
      places: {
        waiting: mean(totals.waiting),
        queued: mean(totals.queued),
        sent: mean(totals.sent),
        running: mean(totals.running),
        suspended: mean(totals.suspended),
        unread: mean(totals.unread),
      },
      counts: { submitted, fulfilled, rejected, cancelled, refused: refused + gateRefused },
      fulfilled: counted.fulfilled,
      waitP50: waitTimeMs.p50,
      waitP99: waitTimeMs.p99,
      forecastMs: this.executor.forecast().waitMs ?? null,
      bytes: [bytes.taken, bytes.max],
      threads: workers.map((each) => {
        const slot = each.task === undefined ? -1 : this.#slotOf(each.task);
        const since = each.task?.since;
        return [each.state, slot, since === undefined ? 0 : Math.round(now - since), each.threadId ?? -1];
      }),
      functions: this.#figures.take(),
      incidents: this.#incidents
        .take()
        .map(({ id, at, latestAt, kind, label, detail, worker, count }) => [
          id,
          Math.round(now - at),
          Math.round(now - latestAt),
          kind,
          label,
          detail,
          worker,
          count,
        ]),
      streams: this.#waits.take(this.#latest.streams),
    };
  }

  takeSpans(): Span[] {
    return this.#spans.take();
  }

  get capacity(): number {
    return this.#latest.places.capacity;
  }

  #slotOf({ functionId, functionName, module }: RunningTask): number {
    return this.#functions.slot(functionId, () => ({ name: functionName, module }));
  }

  #turnLoops(totals: Sums['totals']): void {
    const loops = this.executor.workerLoopTimes();
    for (const [index, { activeMs, idleMs }] of loops.entries()) {
      const before = this.#loops[index] ?? { activeMs: 0, idleMs: 0 };
      // The figures of a replacement thread start from 0.
      const isSame = activeMs + idleMs >= before.activeMs + before.idleMs;
      totals.activeMs += activeMs - (isSame ? before.activeMs : 0);
    }
    this.#loops = loops;
    // A place whose thread is not up is idle, too.
    totals.loopMs = totals.spanMs * this.workers;
  }
}

const tenths = (value: number): number => Math.round(value * 10) / 10;
