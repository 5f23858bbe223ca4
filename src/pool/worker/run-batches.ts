import type { MessagePort } from 'node:worker_threads';
import type { Claims } from '../wire/claims.ts';
import { clockOrigin } from '../wire/clock.ts';
import { BatchTasks } from './batch-tasks.ts';
import { Collected } from './collected.ts';
import { isolated } from './isolation/isolated.ts';
import { Replacement } from './isolation/replacement.ts';
import { Parking } from './parking/parking.ts';
import { LoneRunner } from './run-lone.ts';
import { RunningTask } from './running-task.ts';
import { TaskFunctions } from './task-functions.ts';
import { batchOf } from '../wire/lone-call.ts';
import type { LoneCall } from '../wire/lone-call.ts';
import type { BatchMessage, Boot, Spoiled } from '../wire/messages.ts';

/**
 * Takes batches, and runs one after the other.
 *
 *   message → (alone, and the thread is free?) run at once
 *           → else in line → run → answer
 */
export class BatchRunner {
  readonly task: RunningTask;
  readonly parking: Parking;
  readonly #port: MessagePort;
  readonly #broken: (error: unknown) => void;
  readonly replacement: Replacement;
  readonly #functions: TaskFunctions;
  readonly #lone: LoneRunner;
  readonly #tasks: BatchTasks;
  // Own methods: a task that changes array methods must not make a batch disappear, or its tasks would never settle.
  readonly #batches: BatchMessage[] = isolated([] as BatchMessage[], 'push', 'shift');
  #current: { readonly batch: BatchMessage; readonly collected: Collected } | null = null;
  #busy = false;
  #abandoned = false;

  /** @param broken called when the thread can't go on. */
  constructor(
    { port, clockOrigin: mainOrigin, maxBytes, idle, workers }: Boot,
    claims: Claims,
    broken: (error: unknown) => void,
  ) {
    this.#port = port;
    this.#broken = broken;
    const clockOffset = clockOrigin() - mainOrigin;
    this.replacement = new Replacement(maxBytes, (names) => {
      port.postMessage({ kind: 'spoiled', spoiled: [...names] } satisfies Spoiled);
    });
    this.parking = new Parking({
      port,
      clockOffset,
      idle: new Int32Array(idle),
      workers,
      task: () => this.task,
      wake: () => this.#wake(),
    });
    this.task = new RunningTask(port, claims, this.parking);
    this.#functions = new TaskFunctions(() => this.replacement.loaded());
    const { task, parking, replacement } = this;
    const parts = { port, claims, task, parking, replacement, clockOffset };
    this.#lone = new LoneRunner(parts);
    this.#tasks = new BatchTasks(parts, this.#functions);
  }

  take(batch: BatchMessage): void {
    this.#batches.push(batch);
    this.#wake();
  }

  /** Runs the call at once if the thread is free; else queues it as a batch. True if the call has ended. */
  takeLone(message: LoneCall): boolean {
    const fn = this.#functions.at(message[2]);
    if (fn === undefined || this.#busy || this.#abandoned || this.parking.hasReady) {
      this.take(batchOf(message));
      return false;
    }
    this.#busy = true;
    const rest = this.#lone.run(message, fn);
    if (rest === null) this.#busy = false;
    else void this.#after(rest);
    return rest === null;
  }

  /** Runs the batches that have arrived meanwhile. */
  async #after(rest: Promise<void>): Promise<void> {
    try {
      await rest;
    } catch (error) {
      this.#broken(error);
    }
    await this.#runAll();
  }

  /**
   * The thread is ending: sends finished results, and begins no other task. Returns the unfinished batches, the first time only.
   */
  abandon(): BatchMessage[] {
    if (this.#abandoned) return [];
    this.#abandoned = true;
    this.parking.abandon();
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
      await this.#tasks.run(batch, collected);
      if (this.#abandoned) return;
      const full = this.replacement.isDueNow();
      collected.send(true, full);
      this.#current = null;
      if (full) await this.replacement.untilRecalled();
    }
  }
}
