// The global one is a getter: 15 ns more for each call.
import { performance } from 'node:perf_hooks';
import type { MessagePort } from 'node:worker_threads';
import { isThenable } from '../tasks/thenable.ts';
import { claim } from './claims.ts';
import type { Claims } from './claims.ts';
import { clockOrigin } from './clock.ts';
import { Collected } from './collected.ts';
import { loadTask } from './load-task.ts';
import type { TaskFunction } from './load-task.ts';
import { MemoryWatch } from './memory-watch.ts';
import { Parking } from './parking.ts';
import { noTask, RunningTask } from './running-task.ts';
import { runTraced } from './trace-context.ts';
import type { Carrier } from './trace-context.ts';
import { decode } from './value-codec.ts';
import type { Batch, Begun, Boot } from './wire.ts';

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
  /** From this thread's clock to the main thread's. */
  readonly #clockOffset: number;
  readonly memory: MemoryWatch;
  readonly #targets: Target[] = [];
  readonly #functions: (TaskFunction | undefined)[] = [];
  readonly #batches: Batch[] = [];
  #current: { readonly batch: Batch; readonly collected: Collected } | null = null;
  #busy = false;

  constructor({ port, clockOrigin: mainOrigin, maxBytes, idle, workers }: Boot, claims: Claims) {
    this.#port = port;
    this.#claims = claims;
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

  /** The thread is ending: sends on what had finished. What is left of the batches is returned. */
  abandon(): Batch[] {
    this.#current?.collected.abandon();
    return this.#current === null ? this.#batches : [this.#current.batch, ...this.#batches];
  }

  #wake(): void {
    if (!this.#busy) void this.#runAll();
  }

  async #runAll(): Promise<void> {
    this.#busy = true;
    for (;;) {
      if (this.parking.hasReady) await this.parking.goOn();
      const batch = this.#batches.shift();
      if (batch === undefined) break;
      const collected = new Collected(this.#port, batch.id);
      this.#current = { batch, collected };
      await this.#run(batch, collected);
      const full = this.memory.isFull();
      collected.send(true, full);
      this.#current = null;
      if (full) await this.memory.untilRecalled();
    }
    this.#busy = false;
  }

  async #run(batch: Batch, collected: Collected): Promise<void> {
    const { id, base, runs, args, eager, extras } = batch;
    for (const target of batch.targets ?? []) this.#targets[target[0]] = target;
    decode({ values: args, extras });
    const { task, parking, memory } = this;
    const { words, startedAt, endedAt } = this.#claims;
    const functions = this.#functions;
    const clockOffset = this.#clockOffset;
    task.batch = id;
    task.base = base;
    const carriers = batch.carriers && new Map(batch.carriers);
    let word = base;
    let argument = 0;
    let now = performance.now();
    let oldest = now;
    for (let run = 0; run < runs.length; run += 3) {
      const target = runs[run] as number;
      const arity = runs[run + 2] as number;
      for (let left = runs[run + 1] as number; left > 0; left--, word++, argument += arity) {
        if (parking.hasReady) {
          collected.send(false);
          await parking.goOn();
          task.batch = id;
          task.base = base;
          now = performance.now();
        }
        if (collected.size > 0 && (eager || collected.live || now - oldest >= maxDelayMs))
          collected.send(false);
        if (collected.size === 0) oldest = now;
        // Before the claim: whoever sees that it runs may ask since when.
        let startMs = now;
        startedAt[word] = now + clockOffset;
        if (Atomics.compareExchange(words, word, claim.sent, claim.running) !== claim.sent) {
          collected.skip();
          continue;
        }
        if (batch.announce && word === base) this.#port.postMessage({ begun: id } satisfies Begun);
        task.word = word;
        let value: unknown;
        let failed = false;
        try {
          let fn = functions[target];
          if (fn === undefined) {
            fn = await this.#load(target);
            startMs = performance.now();
            startedAt[word] = startMs + clockOffset;
          }
          const carrier = carriers?.get(word - base);
          value =
            carrier === undefined
              ? call(fn, args, argument, arity)
              : this.#traced(carrier, target, fn, args.slice(argument, argument + arity));
          if (isThenable(value)) {
            const running = parking.run(value);
            const outcome = await (collected.size === 0 ? running : sendingOn(running, collected));
            if (outcome === null) {
              collected.skip();
              now = performance.now();
              continue;
            }
            ({ failed, value } = outcome);
          }
        } catch (error) {
          failed = true;
          value = error;
        }
        if (task.asked) task.end();
        else task.word = noTask;
        now = performance.now();
        endedAt[word] = now + clockOffset;
        if (failed) collected.fail(value);
        else collected.add(value, now - startMs, eager || (left === 1 && run + 3 === runs.length));
        Atomics.store(words, word, claim.finished);
        if (memory.isFull()) {
          collected.send(false, true);
          await memory.untilRecalled();
          now = performance.now();
        }
      }
    }
  }

  #traced(carrier: Carrier, index: number, fn: TaskFunction, args: unknown[]): Promise<unknown> {
    const [, , name] = this.#targets[index] as Target;
    return runTraced(carrier, name, () => fn(...args));
  }

  async #load(index: number): Promise<TaskFunction> {
    const [, module, name] = this.#targets[index] as Target;
    return (this.#functions[index] = await loadTask(module, name));
  }
}

function call(fn: TaskFunction, args: unknown[], from: number, arity: number): unknown {
  if (arity === 0) return fn();
  if (arity === 1) return fn(args[from]);
  if (arity === 2) return fn(args[from], args[from + 1]);
  return fn(...args.slice(from, from + arity));
}

/** Waits for a task; what has finished before it is sent on, unless it is through before the event loop's next turn. */
async function sendingOn<T>(running: Promise<T>, collected: Collected): Promise<T> {
  const sending = setImmediate(() => collected.send(false));
  try {
    return await running;
  } finally {
    clearImmediate(sending);
  }
}
