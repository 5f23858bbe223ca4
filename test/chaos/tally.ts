import type { ExecutorStats, Outcome } from 'millrace';
import { kindNames } from './kinds.ts';
import type { Draft } from './kinds.ts';
import { isMeddled } from './meddler.ts';

type Ending = 'fulfilled' | 'rejected' | 'cancelled' | 'refused';

/** What became of the tasks, and everything that must not have happened. */
export class Tally {
  readonly violations: string[] = [];
  readonly endings: Record<Ending, number> = { fulfilled: 0, rejected: 0, cancelled: 0, refused: 0 };
  /** By kind, how many ended as such tasks do, and how many were cut short by a shutdown. */
  readonly byKind: Record<string, { ended: number; cutShort: number }> = Object.fromEntries(
    kindNames.map((kind) => [kind, { ended: 0, cutShort: 0 }]),
  );
  /** Tasks that an error thrown by an earlier task, after its end, took with its thread. */
  collateral = 0;
  /** Results that went with a thread which died of lack of memory. */
  lostResults = 0;
  /** Tasks whose buffers were moved to a thread in the very moment in which it died. */
  lostBuffers = 0;
  /** Tasks that a callback has cancelled, or one that they had submitted. */
  meddled = 0;
  /** Tasks that have settled. */
  ends = 0;
  /** By the books of all executors, those included that tasks have submitted. */
  submitted = 0;
  readonly #settled: Uint8Array;
  readonly #maxRuns: Uint8Array;

  constructor(tasks: number) {
    this.#settled = new Uint8Array(tasks);
    this.#maxRuns = new Uint8Array(tasks);
  }

  violate(what: string): void {
    if (this.violations.length < 50) this.violations.push(what);
  }

  drafted(index: number, { maxRuns }: Draft): void {
    this.#maxRuns[index] = maxRuns;
  }

  /** A task has ended; `closing`: its executor was shutting down, so it may have been cut short. */
  ended(index: number, { kind, expected }: Draft, outcome: Outcome<unknown>, closing: boolean): void {
    this.#settle(index, kind);
    this.endings[outcome.status]++;
    const tallied = this.byKind[kind] as { ended: number; cutShort: number };
    if (expected(outcome)) tallied.ended++;
    else if (closing && isClosed(outcome)) tallied.cutShort++;
    else if (outcome.status !== 'fulfilled' && isMeddled(outcome.reason)) this.meddled++;
    else if (outcome.status === 'rejected' && this.#isExcused(outcome.reason)) return;
    else this.violate(`task ${index} (${kind}) ended unexpectedly: ${show(outcome)}`);
  }

  /** Never admitted: saturated, closed, or cancelled while it waited. It must not be begun. */
  refused(index: number, { kind }: Draft, cancelled: boolean): void {
    this.#settle(index, kind);
    this.#maxRuns[index] = 0;
    this.endings[cancelled ? 'cancelled' : 'refused']++;
  }

  /** Begun too often, or without a settlement. */
  checkRuns(runs: Int32Array): void {
    for (let index = 0; index < this.#settled.length; index++) {
      const begun = runs[index] as number;
      if (begun > (this.#maxRuns[index] as number)) this.violate(`task ${index} was begun ${begun} times`);
    }
  }

  get unsettled(): number {
    return this.#settled.reduce((sum, settled) => sum + (settled === 0 ? 1 : 0), 0);
  }

  #settle(index: number, kind: string): void {
    this.ends++;
    const times = ((this.#settled[index] as number)++, this.#settled[index]);
    if (times !== 1) this.violate(`task ${index} (${kind}) was settled ${times} times`);
  }

  #isExcused(reason: unknown): boolean {
    const { name, message, finished, cause } = reason as {
      name: string;
      message: string;
      finished?: boolean;
      cause?: Partial<NodeJS.ErrnoException>;
    };
    if (name !== 'WorkerCrashedError') return false;
    if (cause?.message?.startsWith('uncaught after task') === true) this.collateral++;
    else if (message.includes('ended with the buffers that had moved to it')) this.lostBuffers++;
    else if (finished === true && cause?.code === 'ERR_WORKER_OUT_OF_MEMORY') this.lostResults++;
    else return false;
    return true;
  }
}

const isClosed = (outcome: Outcome<unknown>): boolean =>
  outcome.status === 'cancelled' && (outcome.reason as Error).name === 'ExecutorClosedError';

export function show(outcome: Outcome<unknown>): string {
  if (outcome.status === 'fulfilled') return `fulfilled with ${String(outcome.value)}`;
  const { reason } = outcome;
  return `${outcome.status} with ${reason instanceof Error ? `${reason.name}: ${reason.message}, caused by ${String(reason.cause)}` : String(reason)}`;
}

/**
 * Laws 1 and 3 at this instant.
 *
 * @param bounds `parents`: tasks that may wait for tasks, and give up their places meanwhile. What else is suspended
 *   waits for its reader, and keeps its place.
 */
export function checkStats(
  stats: ExecutorStats,
  bounds: {
    readonly workers: number;
    readonly maxPending: number;
    readonly maxPendingBytes: number;
    readonly parents: number;
  },
  violate: (what: string) => void,
): void {
  const { running, suspended, pending, pendingBytes, waiting, submitted, threads } = stats;
  const { refused, fulfilled, rejected, cancelled } = stats;
  const { workers, maxPending, maxPendingBytes, parents } = bounds;
  const ensure = (holds: boolean, what: string) => {
    if (!holds)
      violate(`${what}: ${JSON.stringify({ ...stats, runTimeMs: undefined, waitTimeMs: undefined })}`);
  };
  ensure(running <= workers, 'more tasks run than there are workers');
  ensure(
    running <= threads && threads <= workers,
    'there are more threads than workers, or fewer than tasks that run',
  );
  ensure(running + pending <= workers + maxPending, 'more tasks are admitted than the capacity');
  ensure(
    parents > 0 || running + pending + suspended <= workers + maxPending,
    'more iterations are open than there are places',
  );
  ensure(pendingBytes <= maxPendingBytes, 'more bytes are pending than may be');
  ensure(Math.min(running, suspended, pending, pendingBytes, waiting, refused) >= 0, 'a count is negative');
  const sum = waiting + refused + pending + running + suspended + fulfilled + rejected + cancelled;
  ensure(sum === submitted, 'the books do not balance');
}
