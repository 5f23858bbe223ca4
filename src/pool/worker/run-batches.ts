import { clearImmediate, setImmediate } from 'node:timers';
import type { MessagePort } from 'node:worker_threads';
import { isThenable } from '../../tasks/thenable.ts';
import { claim } from '../wire/claims.ts';
import type { Claims } from '../wire/claims.ts';
import { clockOrigin, now } from '../wire/clock.ts';
import { Collected } from './collected.ts';
import type { Execution } from './execution.ts';
import { isolated } from './isolated.ts';
import { loadTask } from './load-task.ts';
import type { TaskFunction } from './load-task.ts';
import { MemoryWatch } from './memory-watch.ts';
import { Parking } from './parking.ts';
import { noTask, RunningTask } from './running-task.ts';
import { freshContext, inFreshContext } from './task-context.ts';
import { runTraced } from '../wire/trace-context.ts';
import type { Carrier } from '../wire/trace-context.ts';
import { decode } from '../wire/value-codec.ts';
import type { Batch, Begun, Boot } from '../wire/messages.ts';

// A task may replace them.
const { compareExchange, store } = Atomics;
const soon = setImmediate;
const notSoon = clearImmediate;

type Target = readonly [index: number, module: string, name: string];

/**
 * A finished result waits no longer than this for others when another task is to begin: what one delivery is expected to
 * take, or half of each would be answered twice. Milliseconds. (Behind a function of uneven run times nothing waits.)
 */
const maxDelayMs = 3;

/**
 * Runs batches one after the other, also when their tasks are asynchronous: a thread runs one task at a time.
 *
 *   Batch → for each task: (send on what must not wait) → claim → run → collect → answer
 */
export class BatchRunner {
  readonly task: RunningTask;
  readonly parking: Parking;
  readonly #port: MessagePort;
  readonly #claims: Claims;
  readonly #broken: (error: unknown) => void;
  /** From this thread's clock to the main thread's. */
  readonly #clockOffset: number;
  readonly memory: MemoryWatch;
  readonly #targets: Target[] = [];
  readonly #functions: (TaskFunction | undefined)[] = [];
  // A task that changes how arrays are iterated must not make one disappear: its tasks would never settle.
  readonly #batches: Batch[] = isolated([] as Batch[], 'push', 'shift');
  #current: { readonly batch: Batch; readonly collected: Collected } | null = null;
  /** Of the task that runs, or has just ended. */
  #startMs = 0;
  #endMs = 0;
  /** Will its result be sent before another task begins? */
  #isLast = false;
  #busy = false;
  #abandoned = false;

  /** @param broken told when the thread can't go on. */
  constructor(
    { port, clockOrigin: mainOrigin, maxBytes, idle, workers }: Boot,
    claims: Claims,
    broken: (error: unknown) => void,
  ) {
    this.#port = port;
    this.#claims = claims;
    this.#broken = broken;
    this.#clockOffset = clockOrigin() - mainOrigin;
    this.memory = new MemoryWatch(maxBytes);
    this.parking = new Parking({
      port,
      clockOffset: this.#clockOffset,
      idle: new Int32Array(idle),
      workers,
      task: () => this.task,
      wake: () => this.#wake(),
    });
    this.task = new RunningTask(port, claims, this.parking);
  }

  take(batch: Batch): void {
    this.#batches.push(batch);
    this.#wake();
  }

  /**
   * The thread is ending: sends on what had finished, and begins nothing more. What is left of the batches is returned, but
   * only once.
   */
  abandon(): Batch[] {
    if (this.#abandoned) return [];
    this.#abandoned = true;
    this.#current?.collected.abandon();
    return this.#current === null ? this.#batches : [this.#current.batch, ...this.#batches];
  }

  #wake(): void {
    if (!this.#busy) void this.#runAll();
  }

  async #runAll(): Promise<void> {
    this.#busy = true;
    try {
      await this.#runBatches();
    } catch (error) {
      this.#broken(error);
    }
    this.#busy = false;
  }

  async #runBatches(): Promise<void> {
    while (!this.#abandoned) {
      if (this.parking.hasReady) await this.parking.goOn();
      const batch = this.#batches.shift();
      if (batch === undefined) return;
      const collected = new Collected(this.#port, batch.id);
      this.#current = { batch, collected };
      await this.#run(batch, collected);
      if (this.#abandoned) return;
      const full = this.memory.isFull();
      collected.send(true, full);
      this.#current = null;
      if (full) await this.memory.untilRecalled();
    }
  }

  async #run(batch: Batch, collected: Collected): Promise<void> {
    const { id, base, runs, args, eager, extras } = batch;
    for (const target of batch.targets ?? []) this.#targets[target[0]] = target;
    decode({ values: args, extras });
    const { task, parking, memory } = this;
    const { words, startedAt } = this.#claims;
    const clockOffset = this.#clockOffset;
    task.batch = id;
    task.base = base;
    const carriers = batch.carriers && new Map(batch.carriers);
    let word = base;
    let argument = 0;
    let oldest = (this.#endMs = now());
    for (let run = 0; run < runs.length; run += 3) {
      const target = runs[run] as number;
      const arity = runs[run + 2] as number;
      for (let left = runs[run + 1] as number; left > 0; left--, word++, argument += arity) {
        if (this.#abandoned) return;
        if (parking.hasReady) {
          collected.send(false);
          await parking.goOn();
          task.batch = id;
          task.base = base;
          this.#endMs = now();
        }
        if (collected.size > 0 && (eager || collected.live || this.#endMs - oldest >= maxDelayMs))
          collected.send(false);
        if (collected.size === 0) oldest = this.#endMs;
        // Before the claim: whoever sees that it runs may ask since when.
        this.#startMs = this.#endMs;
        startedAt[word] = this.#startMs + clockOffset;
        if (compareExchange(words, word, claim.sent, claim.running) !== claim.sent) {
          collected.skip();
          continue;
        }
        if (batch.announce && word === base)
          this.#port.postMessage({ kind: 'begun', begun: id } satisfies Begun);
        task.word = word;
        this.#isLast = eager || (left === 1 && run + 3 === runs.length);
        let fn = this.#functions[target];
        if (fn === undefined) {
          fn = await this.#load(target);
          this.#startMs = now();
          startedAt[word] = this.#startMs + clockOffset;
        }
        const carrier = carriers?.get(word - base);
        const context = freshContext();
        const execution =
          carrier === undefined
            ? context.runInAsyncScope(this.#perform, undefined, fn, args, argument, arity)
            : context.runInAsyncScope(
                this.#perform,
                undefined,
                this.#traced(carrier, target, fn),
                args,
                argument,
                arity,
              );
        if (execution !== null) {
          const running = parking.untilItLeaves(execution);
          const outcome = await (collected.size === 0 ? running : sendingOn(running, collected));
          if (outcome === null) {
            collected.skip();
            this.#endMs = now();
            continue;
          }
          context.runInAsyncScope(this.#finish, undefined, outcome.failed, outcome.value);
        }
        if (memory.isFull()) {
          collected.send(false, true);
          await memory.untilRecalled();
          this.#endMs = now();
        }
      }
    }
  }

  /** Calls a task's function, in the context of the task. Null if it has ended. */
  readonly #perform = (fn: TaskFunction, args: unknown[], from: number, arity: number): Execution | null => {
    let value: unknown;
    let failed = false;
    try {
      value = call(fn, args, from, arity);
      if (isThenable(value)) return this.parking.begin(value);
    } catch (error) {
      failed = true;
      value = error;
    }
    this.#finish(failed, value);
    return null;
  };

  /** In the context of the task as well: what it returns may have getters. */
  readonly #finish = (failed: boolean, value: unknown): void => {
    checkIteration();
    const { task } = this;
    const { word } = task;
    if (task.asked) task.end();
    else task.word = noTask;
    this.#endMs = now();
    this.#claims.endedAt[word] = this.#endMs + this.#clockOffset;
    const { collected } = this.#current as { collected: Collected };
    if (failed) collected.fail(value);
    else collected.add(value, this.#endMs - this.#startMs, this.#isLast);
    store(this.#claims.words, word, claim.finished);
  };

  #traced(carrier: Carrier, index: number, fn: TaskFunction): TaskFunction {
    const [, , name] = this.#targets[index] as Target;
    return (...args) => runTraced(carrier, name, () => fn(...args));
  }

  /** A function that fails if it could not be loaded. */
  async #load(index: number): Promise<TaskFunction> {
    const [, module, name] = this.#targets[index] as Target;
    try {
      return (this.#functions[index] = await inFreshContext(() => loadTask(module, name)));
    } catch (error) {
      return () => {
        throw error;
      };
    }
  }
}

const probe = [true];

/** All that sends values iterates arrays; where that ends early they would be lost without a word. */
function checkIteration(): void {
  const [isIntact] = probe;
  if (isIntact !== true) throw new Error('arrays can no longer be iterated');
}

function call(fn: TaskFunction, args: unknown[], from: number, arity: number): unknown {
  if (arity === 0) return fn();
  if (arity === 1) return fn(args[from]);
  if (arity === 2) return fn(args[from], args[from + 1]);
  return fn(...args.slice(from, from + arity));
}

/** Waits for a task; what has finished before it is sent on, unless it is through before the event loop's next turn. */
async function sendingOn<T>(running: Promise<T>, collected: Collected): Promise<T> {
  const sending = soon(() => collected.send(false));
  try {
    return await running;
  } finally {
    notSoon(sending);
  }
}
