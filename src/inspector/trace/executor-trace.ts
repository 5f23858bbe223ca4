import type {
  BatchAnswerMessage,
  Executor,
  TaskFailMessage,
  WorkerEndMessage,
  WorkerStartMessage,
} from '../../index.ts';
import type { GateRefuseMessage } from '../../server/gate-diagnostics.ts';
import { readAnswer } from '../record/read-answer.ts';
import type { Run } from '../record/read-answer.ts';
import { errorWord, text } from '../record/text.ts';
import { arrow, counter, instant, names, slice, span, ticks } from './trace-events.ts';
import type { Place } from './trace-events.ts';

/** Most arrows, each with its wait, and most incidents of one executor per second: more would make the trace unreadable. */
const mostArrows = 200;
const mostIncidents = 1000;

interface Submission {
  readonly at: number;
  readonly label: string;
}

/** Turns what one executor does into trace events. */
export class ExecutorTrace {
  readonly #executor: Executor;
  readonly #pid: number;
  readonly #options: { readonly taskMs: number; readonly slowMs: number };
  readonly #write: (event: string) => void;
  /** End of each thread's latest slice, in ticks. */
  readonly #endOf: number[] = [];
  readonly #threads = new Set<number>();
  #submissions: Submission[] = [];
  /** End of the callers' latest slice, in ticks. */
  #submittedUntil = 0;
  #arrowsLeft = mostArrows;
  #incidentsLeft = mostIncidents;
  #secondBegan = performance.now();
  #counted = '';
  #bytesCounted = -1;

  constructor(
    executor: Executor,
    options: { readonly taskMs: number; readonly slowMs: number },
    write: (event: string) => void,
  ) {
    this.#executor = executor;
    this.#pid = executor.executorId;
    this.#options = options;
    this.#write = write;
    for (const { worker } of executor.inspect().workers) this.#threads.add(worker);
  }

  /** Events that name the executor, its callers and its threads. */
  head(): string[] {
    const name = `${text(this.#executor.name)} (executor ${this.#pid}, process ${process.pid})`;
    return [
      ...names(this.#place(-1), name, 'callers'),
      ...[...this.#threads].flatMap((worker) => names(this.#place(worker), name, `thread ${worker + 1}`)),
    ];
  }

  answered(message: BatchAnswerMessage): void {
    const { batch, worker } = message;
    this.#know(worker);
    const runs: Run[] = [];
    readAnswer(message, (run) => joinShort(runs, run, this.#options.taskMs));
    const [first] = runs;
    const last = runs.at(-1);
    if (first === undefined || last === undefined) return;
    if (message.suspended) return this.#suspended(message, first);
    const place = this.#place(worker);
    const start = this.#clamp(worker, ticks(first.start));
    const end = Math.max(start, ticks(last.end));
    const isMixed = runs.length > 1;
    if (isMixed) this.#write(slice(place, `batch of ${message.to - message.from}`, start, end));
    let at = start;
    for (const run of runs) {
      const from = Math.min(end, Math.max(at, ticks(run.start)));
      at = Math.min(end, Math.max(from, ticks(run.end)));
      const name = text(run.count === 1 ? batch.label(run.position) : batch.functionName(run.position));
      const values = run.count === 1 ? { id: batch.taskId(run.position) } : { tasks: run.count };
      this.#write(slice(place, run.count === 1 ? name : `${name} × ${run.count}`, from, at, values));
      this.#waited(message, run, from);
    }
    this.#endOf[worker] = end;
  }

  failed({ id, label, worker = -1, status, phase, why, error }: TaskFailMessage): void {
    const word = why === 'threw' ? errorWord(error) : '';
    this.#incident(`${status}: ${why}`, worker, {
      task: text(label),
      id,
      phase,
      ...(word !== '' && { error: word }),
    });
  }

  gateRefused({ class: requestClass, why, label = '' }: GateRefuseMessage): void {
    this.#incident(`refused by the gate: ${why}`, -1, { class: requestClass, task: text(label) });
  }

  workerStarted({ worker, threadId, why }: WorkerStartMessage): void {
    this.#know(worker);
    this.#incident(`thread starts: ${why}`, worker, { threadId });
  }

  workerEnded({ worker, threadId, why, exitCode, task, lost, returned }: WorkerEndMessage): void {
    const values = { threadId, exitCode, lost, returned, ...(task !== undefined && { task: text(task) }) };
    this.#incident(`thread ends: ${why}`, worker, values, why === 'crashed');
  }

  /** Samples the number of tasks in each state, and the bytes of arguments. Writes them only if they have changed. */
  sample(): void {
    const now = performance.now();
    if (now - this.#secondBegan >= 1000) {
      this.#secondBegan = now;
      this.#arrowsLeft = mostArrows;
      this.#incidentsLeft = mostIncidents;
    }
    const { tasks, bytes } = this.#executor.inspect();
    const { waiting, queued, sent, running, suspended, unread } = tasks;
    const key = `${waiting} ${queued} ${sent} ${running} ${suspended} ${unread}`;
    const tick = ticks(now);
    if (key !== this.#counted) this.#write(counter(this.#place(-1), 'tasks', tick, { ...tasks }));
    this.#counted = key;
    if (bytes.taken !== this.#bytesCounted)
      this.#write(counter(this.#place(-1), 'bytes of arguments', tick, { bytes: bytes.taken }));
    this.#bytesCounted = bytes.taken;
  }

  /**
   * Writes the callers' slices in order of time. They are noted when their tasks are answered, which is another order; and slices of
   * one thread must not overlap.
   */
  flush(): void {
    const place = this.#place(-1);
    const all = this.#submissions.toSorted((a, b) => a.at - b.at);
    this.#submissions = [];
    for (const [index, { at, label }] of all.entries()) {
      const next = all[index + 1]?.at ?? Infinity;
      const end = at < this.#submittedUntil ? at : Math.min(at + 10, next);
      this.#write(slice(place, label, at, end));
      this.#submittedUntil = Math.max(this.#submittedUntil, end);
    }
  }

  /** Writes a task that waited for child tasks as a span: its thread ran other tasks meanwhile, so it nests in no slice. */
  #suspended({ batch, worker }: BatchAnswerMessage, { position, start, end }: Run): void {
    const [from, to] = [ticks(start), ticks(end)];
    const name = text(batch.label(position));
    this.#write(span(this.#place(worker), 'nested', name, batch.taskId(position), from, Math.max(from, to)));
  }

  #waited({ batch, worker }: BatchAnswerMessage, { position, count }: Run, from: number): void {
    if (count > 1) return;
    const submittedAt = batch.submittedAt(position);
    const began = ticks(submittedAt);
    if (
      batch.startedAt(position) - submittedAt < this.#options.slowMs ||
      began >= from ||
      this.#arrowsLeft <= 0
    )
      return;
    this.#arrowsLeft--;
    const id = batch.taskId(position);
    const label = text(batch.label(position));
    this.#submissions.push({ at: began, label: `submit ${label}` });
    const callers = this.#place(-1);
    this.#write(span(callers, 'wait', `${label} waits`, id, began, from));
    this.#write(arrow(callers, began, this.#place(worker), from, id));
  }

  #incident(
    name: string,
    worker: number,
    values: Readonly<Record<string, string | number>>,
    wide = false,
  ): void {
    if (this.#incidentsLeft <= 0) return;
    this.#incidentsLeft--;
    this.#write(instant(this.#place(worker), name, ticks(performance.now()), wide, values));
  }

  /** Names a thread when it is first heard of. */
  #know(worker: number): void {
    if (this.#threads.has(worker)) return;
    this.#threads.add(worker);
    for (const event of names(this.#place(worker), text(this.#executor.name), `thread ${worker + 1}`))
      this.#write(event);
  }

  /** Slices of a thread must nest, so none begins before the previous one ends. */
  #clamp(worker: number, start: number): number {
    return Math.max(start, this.#endOf[worker] ?? 0);
  }

  #place(worker: number): Place {
    return { pid: this.#pid, tid: worker + 1 };
  }
}

/** Joins a run to the previous one if both are of one function and their tasks are shorter than `taskMs`. */
function joinShort(runs: Run[], run: Run, taskMs: number): void {
  const before = runs.at(-1);
  const isShort = ({ ranMs, count }: Run) => ranMs / count < taskMs;
  if (before === undefined || before.functionId !== run.functionId || !isShort(before) || !isShort(run)) {
    runs.push(run);
    return;
  }
  const { functionId, position, start, count, ranMs } = before;
  runs[runs.length - 1] = {
    functionId,
    position,
    start,
    end: Math.max(before.end, run.end),
    count: count + run.count,
    ranMs: ranMs + run.ranMs,
  };
}
