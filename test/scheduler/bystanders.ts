import { asCompleted } from '../../src/executor/as-completed.ts';
import { pipeTasks } from '../../src/executor/flat-map.ts';
import { trySubmitTask } from '../../src/executor/submit.ts';
import { wait } from '../../src/executor/wait.ts';
import { webStream } from '../../src/executor/web-stream.ts';
import { buffered } from '../../src/flow/buffered.ts';
import { RateLimiter } from '../../src/flow/rate-limiter.ts';
import { Semaphore } from '../../src/flow/semaphore.ts';
import type { Executor } from '../../src/index.ts';
import { evictionsFor } from '../../src/scheduler/admission/evictions.ts';
import { Future } from '../../src/scheduler/job/future.ts';
import type { Scheduler } from '../../src/scheduler/scheduler.ts';
import { resolveGateOptions } from '../../src/server/gate-options.ts';
import { OverloadPolicy } from '../../src/server/overload-policy.ts';
import { requestClasses } from '../../src/server/request-options.ts';
import { payloadBytes } from '../../src/tasks/payload-size.ts';
import type { Task } from '../../src/tasks/task.ts';
import type { TaskOptions } from '../../src/tasks/task-options.ts';
import { acting } from './fake-backend.ts';
import type { Ground } from './laws.ts';
import { makeTask } from './make-job.ts';

interface Loop {
  next(): Promise<unknown>;
  return?(): Promise<unknown>;
}

/** What people put around an executor and its futures: loops, waits, pipes, bounds, a gate. Each callback of theirs acts. */
export class Bystanders {
  readonly #ground: Ground;
  readonly #act: () => void;
  readonly #loops: Loop[] = [];
  readonly #semaphore = new Semaphore(1);
  readonly #limiter = new RateLimiter({ limit: 2, perMs: 50 });
  readonly #pipe: ReturnType<typeof webStream<number, unknown>>;
  readonly #writer: WritableStreamDefaultWriter<number>;
  readonly #reader: ReadableStreamDefaultReader<unknown>;
  readonly #gate: OverloadPolicy;
  #unanswered = 0;

  constructor(ground: Ground, act: () => void) {
    this.#ground = ground;
    this.#act = act;
    const { scheduler } = ground.harness;
    this.#pipe = webStream<number, unknown>((items, aborted) =>
      pipeTasks(scheduler, 'stream', items, (n) => this.#task(n), { window: 2, outcomes: true }, aborted),
    );
    this.#writer = this.#pipe.writable.getWriter();
    this.#reader = this.#pipe.readable.getReader();
    for (const { closed } of [this.#writer, this.#reader]) closed.then(act, act);
    this.#gate = new OverloadPolicy(faceOf(scheduler), resolveGateOptions({ closeMs: 50 }));
  }

  /** Promises that were given out, of waits and of progress, and have not settled. */
  get unanswered(): number {
    return this.#unanswered;
  }

  wait(at: number): void {
    const until = at % 3 === 0 ? 'all' : at % 3 === 1 ? 'first' : 'first-error';
    this.#answers(wait(this.#futures(at), { until, ...this.#ends(at) }));
  }

  loop(at: number): void {
    this.#next(at, () => asCompleted(this.#futures(at), this.#ends(at)));
  }

  buffer(at: number): void {
    const { scheduler } = this.#ground.harness;
    const thunk = async () => {
      this.#act();
      return trySubmitTask(scheduler, this.#task(at), {})?.outcome();
    };
    const source = { [Symbol.iterator]: () => ({ next: () => ({ done: false, value: thunk }) }) };
    const { signal } = this.#ends(at);
    this.#next(at, () => buffered(source as Iterable<typeof thunk>, 2, { ...(signal && { signal }) }));
  }

  progress(at: number): void {
    const future = this.#futures(at)[0];
    if (future !== undefined) this.#answers(future.progress().next());
  }

  acquire(at: number): void {
    const bound = at % 2 === 0 ? this.#semaphore : this.#limiter;
    const { signal } = this.#ends(at);
    const acquired = bound.acquire({ ...(signal && { signal }) }).then((permit) => {
      this.#act();
      if (typeof permit === 'object') permit.release();
    });
    acquired.catch(this.#act);
  }

  pipe(at: number): void {
    const happens = [
      () => this.#write(at),
      () => this.#write(at),
      () => this.#reader.read(),
      () => this.#reader.read(),
      () => this.#reader.read(),
      () => this.#writer.close(),
      () => this.#writer.abort('aborted'),
      () => this.#reader.cancel('cancelled'),
    ];
    // Those that end it are rare.
    const which = at === 30 ? 7 : at === 29 ? 6 : at === 28 ? 5 : at % 5;
    happens[which]?.().then(this.#act, this.#act);
  }

  admit(at: number): void {
    if (at === 30) void this.#gate.close().then(this.#act);
    const requestClass = requestClasses[at % requestClasses.length] as (typeof requestClasses)[number];
    try {
      this.#gate
        .admit(requestClass, at === 0 ? 0 : 100, this.#task(at), {})
        .outcome()
        .then(this.#act, this.#act);
    } catch {
      // Refused.
    }
  }

  leave(at: number): void {
    this.#loops[at % this.#loops.length]?.return?.().then(this.#act, this.#act);
  }

  finish(): void {
    for (let at = 0; at < this.#loops.length; at++) this.leave(at);
    this.#reader.cancel('over').catch(() => {});
  }

  /** Node 20 throws, where it should reject, when a stream is about to be closed. */
  async #write(at: number): Promise<void> {
    await this.#writer.write(at);
  }

  #task(at: number): Task<unknown> {
    return makeTask(`b${at % 3}`, {}, at % 2 === 0 ? [] : [acting(this.#act)]);
  }

  #futures(at: number): Future<unknown>[] {
    const { records } = this.#ground;
    const from = records.length === 0 ? 0 : at % records.length;
    return records.slice(from, from + 4).map(({ job }) => Future.of(job));
  }

  #ends(at: number): { signal?: AbortSignal; timeoutMs?: number } {
    if (at % 5 === 0) return { timeoutMs: 20 };
    if (at % 5 > 2) return {};
    const { signal } = this.#ground.controller(at % 2);
    signal.addEventListener('abort', this.#act, { once: true });
    return { signal };
  }

  #next(at: number, open: () => Loop): void {
    if (this.#loops.length < 4) this.#loops.push(open());
    this.#loops[at % this.#loops.length]?.next().then(this.#act, this.#act);
  }

  #answers(promise: Promise<unknown>): void {
    this.#unanswered++;
    const over = () => {
      this.#unanswered--;
      this.#act();
    };
    promise.then(over, over);
  }
}

/** As much of an executor as a gate asks of it. */
function faceOf(scheduler: Scheduler): Executor {
  return {
    name: scheduler.name,
    executorId: scheduler.executorId,
    capacity: scheduler.admission.capacity,
    stats: () => scheduler.stats(),
    forecast: ({ priority = 0 }: { priority?: number } = {}) => scheduler.forecast(priority),
    trySubmit: (task: Task<unknown>, options: TaskOptions) => trySubmitTask(scheduler, task, options),
    evictionsFor: (task: Task<unknown>, futures: Iterable<Future<unknown>>) =>
      evictionsFor(payloadBytes(task.args), [...futures].map(Future.jobOf), scheduler.admission),
  } as unknown as Executor;
}
