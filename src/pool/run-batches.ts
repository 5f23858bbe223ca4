import { getHeapStatistics } from 'node:v8';
import type { MessagePort } from 'node:worker_threads';
import { reviveBuffers } from './buffers.ts';
import { claim } from './claims.ts';
import type { Claims } from './claims.ts';
import { Collected } from './collected.ts';
import { loadTask } from './load-task.ts';
import type { TaskFunction } from './load-task.ts';
import { RunningTask } from './running-task.ts';
import type { Batch, Begun, Boot } from './wire.ts';

type Target = readonly [index: number, module: string, name: string];

/** A finished result waits no longer than this for others before it is sent on. Milliseconds. */
const maxDelayMs = 1;

/**
 * Runs batches one after the other, also when their tasks are asynchronous: a thread runs one task at a time.
 *
 *   Batch → for each task: claim → run → collect → (send on, if the oldest result is a millisecond old) → answer
 */
export class BatchRunner {
  readonly task: RunningTask;
  readonly #port: MessagePort;
  readonly #claims: Claims;
  /** From this thread's clock to the main thread's. */
  readonly #clockOffset: number;
  readonly #maxBytes: number;
  readonly #targets: Target[] = [];
  readonly #functions: (TaskFunction | undefined)[] = [];
  readonly #batches: Batch[] = [];
  #sendOnDue = false;
  #current: { readonly batch: Batch; readonly collected: Collected } | null = null;

  constructor({ port, timeOrigin, maxBytes }: Boot, claims: Claims) {
    this.#port = port;
    this.#claims = claims;
    this.#clockOffset = performance.timeOrigin - timeOrigin;
    this.#maxBytes = maxBytes;
    this.task = new RunningTask(port, claims);
  }

  take(batch: Batch): void {
    this.#batches.push(batch);
    if (this.#current === null) void this.#runAll();
  }

  /** The thread is ending: sends on what had finished. What is left of the batches is returned. */
  abandon(): Batch[] {
    this.#current?.collected.send(false);
    return this.#current === null ? this.#batches : [this.#current.batch, ...this.#batches];
  }

  async #runAll(): Promise<void> {
    for (let batch = this.#batches.shift(); batch !== undefined; batch = this.#batches.shift()) {
      const collected = new Collected(this.#port, batch.id);
      this.#current = { batch, collected };
      await this.#run(batch, collected);
      collected.send(true, this.#maxBytes < Infinity && bytesHeld() > this.#maxBytes);
      this.#current = null;
    }
  }

  async #run(batch: Batch, collected: Collected): Promise<void> {
    const { id, base, runs, args } = batch;
    for (const target of batch.targets ?? []) this.#targets[target[0]] = target;
    reviveBuffers(args, batch.buffers);
    const { task } = this;
    const { words, startedAt, endedAt } = this.#claims;
    const functions = this.#functions;
    const clockOffset = this.#clockOffset;
    task.batch = id;
    task.base = base;
    let word = base;
    let argument = 0;
    let now = performance.now();
    let oldest = now;
    for (let run = 0; run < runs.length; run += 3) {
      const target = runs[run] as number;
      const arity = runs[run + 2] as number;
      for (let left = runs[run + 1] as number; left > 0; left--, word++, argument += arity) {
        if (now - oldest >= maxDelayMs) collected.send(false);
        if (collected.values.length === 0) oldest = now;
        startedAt[word] = now + clockOffset;
        if (Atomics.compareExchange(words, word, claim.sent, claim.running) !== claim.sent) {
          collected.values.push(undefined);
          continue;
        }
        if (batch.announce && word === base) this.#port.postMessage({ begun: id } satisfies Begun);
        task.word = word;
        let value: unknown;
        try {
          let fn = functions[target];
          if (fn === undefined) {
            fn = await this.#load(target);
            startedAt[word] = performance.now() + clockOffset;
          }
          value = call(fn, args, argument, arity);
          if (isThenable(value)) {
            if (collected.values.length > 0) this.#sendOnSoon();
            value = await value;
          }
        } catch (error) {
          collected.fail(word - base, error);
          value = undefined;
        }
        if (task.asked) task.end();
        now = performance.now();
        endedAt[word] = now + clockOffset;
        collected.values.push(value);
        Atomics.store(words, word, claim.finished);
      }
    }
  }

  /** What has finished must not wait for a task that waits itself. One that settles at once is ended before this. */
  #sendOnSoon(): void {
    if (this.#sendOnDue) return;
    this.#sendOnDue = true;
    setImmediate(() => {
      this.#sendOnDue = false;
      const { collected } = this.#current ?? {};
      if (collected !== undefined && collected.values.length > 0) collected.send(false);
    });
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

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return (
    (typeof value === 'object' ? value !== null : typeof value === 'function') && 'then' in (value as object)
  );
}

/** Of this thread alone: `process.memoryUsage()` tells some of it for the whole process. */
function bytesHeld(): number {
  const { used_heap_size: heap, external_memory: external } = getHeapStatistics();
  return heap + external;
}
