import { Timer } from '../base/timer.ts';
import { warn } from '../base/warn.ts';
import type { Admission } from './admission/admission.ts';
import type { Engine } from './engine.ts';

/** Milliseconds without a move, after which a standstill is told. */
const patienceMs = 5000;

/** Those that look when the process is about to exit. */
const watching = new Set<Standstill>();
const lookAll = () => {
  for (const each of watching) each.look();
};

/** What `Standstill` looks at. */
export interface StandstillParts {
  readonly name: string;
  readonly admission: Admission;
  readonly engine: Engine;
  /** Number of admitted jobs that have not settled, and of those that wait in their threads. */
  counts(): { readonly unsettled: number; readonly suspended: number };
}

/**
 * Tells of a standstill that lasts: all places are held by jobs that wait for their readers or sources, and others wait for a place.
 * If those readers or sources wait for the others, nothing will ever move, and no bound allows one more. The warning is given once:
 * after five seconds without a move, or when the process is about to exit because nothing else is left.
 *
 * ```
 * idle ──watch──→ watching ──nothing waits any more──→ idle
 *                    └──stands still──→ told
 * ```
 */
export class Standstill {
  readonly #parts: StandstillParts;
  #timer: Timer | null = null;
  #told = false;
  /** How often a job has begun to wait, now and when the timer was set. */
  #moves = 0;
  #seen = 0;

  constructor(parts: StandstillParts) {
    this.#parts = parts;
  }

  /** A job begins to wait, and keeps its place. */
  watch(): void {
    this.#moves++;
    if (this.#timer !== null || this.#told) return;
    if (watching.size === 0) process.on('beforeExit', lookAll);
    watching.add(this);
    this.#setTimer();
  }

  /** Warns if nothing can move. */
  look(): void {
    const { name, admission, engine } = this.#parts;
    const { unsettled, suspended } = this.#parts.counts();
    if (!admission.hasWaiters || admission.placesTaken < admission.capacity) return;
    if (unsettled > suspended || engine.slots.some(({ busy }) => busy)) return;
    this.#stop();
    this.#told = true;
    warn(
      'MillraceStandstillWarning',
      `executor '${name}' stands still: all ${admission.capacity} places (workers + maxPending) are held by tasks that wait for ` +
        'readers of their items or for sources, and other tasks wait for a place. If the readers or sources wait for those, ' +
        'nothing goes on: read or leave the iterations, hand an iteration itself to the task that reads it, or raise maxPending',
    );
  }

  #setTimer(): void {
    this.#seen = this.#moves;
    this.#timer = new Timer(patienceMs, () => this.#ring(), { keepsAlive: false });
  }

  #ring(): void {
    if (this.#parts.counts().suspended === 0) return this.#stop();
    if (this.#moves === this.#seen) this.look();
    if (!this.#told) this.#setTimer();
    return undefined;
  }

  #stop(): void {
    this.#timer?.cancel();
    this.#timer = null;
    watching.delete(this);
    if (watching.size === 0) process.off('beforeExit', lookAll);
  }
}
