import { setImmediate as turn } from 'node:timers/promises';
import { Executor, ExecutorClosedError, SaturatedError } from 'millrace';
import type { ExecutorOptions, Future, Outcome } from 'millrace';
import { playIteration } from './iterations.ts';
import { playSource } from './sources.ts';
import { draft } from './kinds.ts';
import type { Draft } from './kinds.ts';
import { isMeddled, Meddler } from './meddler.ts';
import type { Random } from './random.ts';
import { checkStats, show } from './tally.ts';
import type { Tally } from './tally.ts';

/** What a stage takes its tasks from: the numbers of all tasks of the run, given out once each. */
export interface Numbers {
  take(): number | undefined;
}

let stages = 0;

/** One executor's life, from its constructor to its end, with producers of several kinds. */
export class Stage {
  readonly #random: Random;
  readonly #tally: Tally;
  readonly #numbers: Numbers;
  readonly #executor: Executor;
  readonly #bounds: {
    readonly workers: number;
    readonly maxPending: number;
    readonly maxPendingBytes: number;
  };
  readonly #meddler: Meddler;
  #left: number;
  #closing = false;
  /** Tasks that may give up their places while they wait. */
  #parents = 0;
  readonly #following = new Set<Promise<void>>();

  constructor(random: Random, tally: Tally, numbers: Numbers, workerData: unknown) {
    this.#random = random;
    this.#tally = tally;
    this.#numbers = numbers;
    this.#bounds = {
      workers: random.integer(1, 3),
      maxPending: random.pick([0, 1, 8, 64, 512]),
      maxPendingBytes: random.pick([128 * 1024, 1024 * 1024, 256 * 1024 * 1024]),
    };
    const name = `chaos ${++stages}`;
    const options: ExecutorOptions = {
      name,
      ...this.#bounds,
      workerData,
      resourceLimits: { maxOldGenerationSizeMb: 32 },
      interruptGraceMs: 5,
      onUnobservedError: (future) => {
        const { id, task, timing } = future;
        const told = `the failure of task ${id} (${task.name}) of '${name}' was not observed`;
        void future
          .outcome()
          .then((outcome) => tally.violate(`${told}: ${show(outcome)}, ${JSON.stringify(timing)}`));
      },
      ...(random.chance(0.3) && { maxTasksPerWorker: random.integer(50, 500) }),
      ...(random.chance(0.3) && { maxWaiting: random.integer(0, 20) }),
      ...(random.chance(0.2) && { maxBytesPerWorker: random.integer(16, 40) * 2 ** 20 }),
      ...(random.chance(0.3) && { teardownTimeoutMs: random.integer(1, 50) }),
      ...(random.chance(0.5) && { minWorkers: random.integer(0, this.#bounds.workers) }),
      ...(random.chance(0.5) && { idleTimeoutMs: random.pick([0, 1, 5, 50]) }),
    };
    this.#executor = new Executor(options);
    this.#left = random.integer(200, 3000);
    this.#meddler = new Meddler(name, random, {
      check: () => this.#check(),
      submit: () => this.#tryOne(),
      shutDown: () => {
        this.#closing = true;
        this.#left = Math.min(this.#left, 50);
        void this.#executor.shutdown({ mode: random.pick(['drain', 'cancel', 'kill']) });
      },
    });
  }

  async play(): Promise<void> {
    const producers = Array.from({ length: this.#random.integer(1, 6) }, () =>
      this.#random.pick([
        () => this.#submits(),
        () => this.#tries(),
        () => this.#streams(),
        () => this.#iterates(),
      ])(),
    );
    const ended = { value: false };
    const watching = this.#watch(ended);
    if (this.#random.chance(0.4)) {
      const turns = this.#random.integer(1, 2000);
      for (let left = turns; left > 0 && this.#left > 0; left--) await turn();
      await this.#close();
    }
    await Promise.all(producers);
    while (this.#following.size > 0) await Promise.all(this.#following);
    await this.#close();
    ended.value = true;
    await watching;
    this.#meddler.stop();
    const stats = this.#executor.stats();
    this.#check();
    if (stats.waiting + stats.pending + stats.running + stats.suspended + stats.busy > 0)
      this.#tally.violate('something was left after the shutdown');
    this.#tally.submitted += stats.submitted;
  }

  inspect(): unknown {
    const left = [this.#left, this.#following.size, this.#closing];
    return { ...this.#executor.inspect(), left };
  }

  async #close(): Promise<void> {
    const modes = ['drain', 'cancel', 'kill'] as const;
    // Some more are submitted all the same: they must be refused.
    this.#left = Math.min(this.#left, 50);
    this.#closing = true;
    const closed = this.#executor.shutdown({ mode: this.#random.pick(modes) });
    if (this.#random.chance(0.3)) await turn();
    if (this.#random.chance(0.5)) void this.#executor.shutdown({ mode: this.#random.pick(modes) });
    // A task that nobody would ever stop must not hold up a drain: those of the mixture all have somebody who does.
    await closed;
  }

  async #watch(ended: { readonly value: boolean }): Promise<void> {
    while (!ended.value) {
      this.#check();
      await turn();
    }
  }

  #check(): void {
    const bounds = { ...this.#bounds, parents: this.#parents };
    checkStats(this.#executor.stats(), bounds, (what) => this.#tally.violate(what));
  }

  #next(): { index: number; each: Draft } | undefined {
    if (this.#left <= 0) return undefined;
    const index = this.#numbers.take();
    if (index === undefined) return undefined;
    this.#left--;
    const each = draft(index, this.#random, this.#meddler.act);
    this.#tally.drafted(index, each);
    if (mayWait(each)) this.#parents++;
    return { index, each };
  }

  /** Waits for a place for each task, and goes on while they run. */
  async #submits(): Promise<void> {
    for (let next = this.#next(); next !== undefined; next = this.#next()) {
      const { index, each } = next;
      const bySignal = each.cancelAfter !== undefined && this.#random.chance(0.5);
      try {
        const future = await this.#executor.submit(
          each.task,
          bySignal ? this.#withSignal(each) : each.options,
        );
        this.#follow(index, each, future, !bySignal);
      } catch (error) {
        this.#refused(index, each, error);
        await turn();
      }
    }
  }

  /** Never waits for a place. */
  async #tries(): Promise<void> {
    while (this.#left > 0) {
      if (!this.#tryOne()) await turns(5);
      if (this.#random.chance(0.1)) await turn();
    }
  }

  /** False if there is no place, or no task. */
  #tryOne(): boolean {
    const next = this.#next();
    if (next === undefined) {
      this.#left = 0;
      return false;
    }
    const { index, each } = next;
    try {
      const future = this.#executor.trySubmit(each.task, each.options);
      if (future !== null) this.#follow(index, each, future, true);
      else this.#over(index, each, null);
      return future !== null;
    } catch (error) {
      this.#refused(index, each, error);
      return true;
    }
  }

  /** A lazy source, and a reader that is slow at times. */
  async #streams(): Promise<void> {
    const drafts = new Map<unknown, { index: number; each: Draft }>();
    const next = () => this.#next();
    const withSignal = (each: Draft) => this.#withSignal(each);
    const { act } = this.#meddler;
    function* source() {
      for (let got = next(); got !== undefined; got = next()) {
        const task = got.each.task.with(withSignal(got.each));
        drafts.set(task, got);
        act();
        yield task;
      }
    }
    try {
      for await (const future of this.#executor.asCompleted(source(), {
        window: this.#random.integer(1, 300),
      })) {
        const { index, each } = drafts.get(future.task) as { index: number; each: Draft };
        drafts.delete(future.task);
        this.#over(index, each, await future.outcome());
        if (this.#random.chance(0.02)) await turn();
      }
    } catch (error) {
      if (!this.#closing || !(error instanceof ExecutorClosedError))
        this.#tally.violate(`a stream ended with ${String(error)}`);
    }
    // One that had been pulled when the executor closed, and waited for its bytes, was refused.
    for (const { index, each } of drafts.values()) this.#over(index, each, null);
  }

  /** Opens iterations, now and then ten times as many as there are places. */
  async #iterates(): Promise<void> {
    const { workers, maxPending } = this.#bounds;
    const open = new Set<Promise<void>>();
    while (this.#left > 0) {
      const isFlood = this.#random.chance(0.05) && maxPending < 20;
      const most = isFlood ? 10 * (workers + maxPending) : this.#random.integer(1, 5);
      for (let left = most; left > 0 && this.#left > 0; left--) {
        const index = this.#numbers.take();
        if (index === undefined) {
          this.#left = 0;
          break;
        }
        this.#left--;
        const isSource = this.#random.chance(0.3);
        // What it reads may be an iteration, which gives its place up for it.
        if (isSource) this.#parents++;
        const played = (isSource ? playSource : playIteration)(index, {
          executor: this.#executor,
          random: this.#random,
          tally: this.#tally,
          isClosing: () => this.#closing,
          take: () => this.#numbers.take(),
        }).finally(() => {
          if (isSource) this.#parents--;
          open.delete(played);
        });
        open.add(played);
      }
      // A race of none would never end.
      if (open.size > 0) await (isFlood ? Promise.all(open) : Promise.race(open));
    }
    await Promise.all(open);
  }

  #withSignal({ cancelAfter, options }: Draft): Draft['options'] {
    if (cancelAfter === undefined) return options;
    const controller = new AbortController();
    void turns(cancelAfter).then(() => controller.abort());
    return { ...options, signal: controller.signal };
  }

  #follow(index: number, each: Draft, future: Future<unknown>, cancels: boolean): void {
    const following = this.#end(index, each, future, cancels).finally(() =>
      this.#following.delete(following),
    );
    this.#following.add(following);
    this.#check();
  }

  async #end(index: number, each: Draft, future: Future<unknown>, cancels: boolean): Promise<void> {
    const outcome = future.outcome();
    if (cancels && each.cancelAfter !== undefined) {
      await turns(each.cancelAfter);
      const wasDone = future.done;
      const cancelled = future.cancel(undefined, { interrupt: each.options.interrupt === true });
      if (cancelled !== (future.state === 'cancelled'))
        this.#tally.violate(`cancel() of task ${index} told the wrong thing`);
      if (wasDone && future.state === 'pending') this.#tally.violate(`task ${index} came back to life`);
    }
    this.#over(index, each, await outcome);
    const { submittedAt, startedAt = submittedAt, endedAt = 0 } = future.timing;
    // Clocks of threads are compared to within some microseconds.
    if (endedAt < startedAt || startedAt < submittedAt - 1)
      this.#tally.violate(`the times of task ${index} run backwards: ${JSON.stringify(future.timing)}`);
  }

  /** @param outcome null for one that was never admitted. */
  #over(index: number, each: Draft, outcome: Outcome<unknown> | null, cancelled = false): void {
    if (mayWait(each)) this.#parents--;
    if (outcome === null) this.#tally.refused(index, each, cancelled);
    else this.#tally.ended(index, each, outcome, this.#closing);
  }

  #refused(index: number, each: Draft, error: unknown): void {
    const aborted = (error as Error).name === 'AbortError' && each.cancelAfter !== undefined;
    const late = (error as Error).name === 'TaskTimeoutError' && each.options.deadlineMs !== undefined;
    const closed = error instanceof ExecutorClosedError && this.#closing;
    const meddled = isMeddled(error);
    if (!aborted && !late && !closed && !meddled && !(error instanceof SaturatedError))
      this.#tally.violate(`task ${index} was refused with ${String(error)}`);
    this.#over(index, each, null, aborted || meddled);
  }
}

const mayWait = ({ kind }: Draft) => kind.startsWith('nesting');

async function turns(count: number): Promise<void> {
  for (let left = count; left > 0; left--) await turn();
}
