import { Waiter } from './admission.ts';
import type { Admission } from './admission.ts';
import type { Job } from './job.ts';
import type { SubmitWaiter } from './submit-waiter.ts';

/** How the worker of a task learns what becomes of a task that it has submitted. */
export interface NestedCall {
  /** Undefined if nobody waits for it. */
  readonly admitted: (() => void) | undefined;
  settled(job: Job): void;
}

/** A task that is to go on stands in line for its place, before everybody else. */
class Return extends Waiter {
  readonly bytes = 0;
  readonly granted: () => void;

  constructor(granted: () => void) {
    super();
    this.granted = granted;
  }

  /** It has begun, and must come to its end. */
  closed(): void {}
}

/**
 * A task that has submitted tasks of its own, as the main thread sees it.
 *
 * ```
 * works ──waits──→ waits ──tell──→ returns ──granted──→ works
 * ```
 * - works: it has its place, and its worker counts with it.
 * - waits: it has given its place to its children or to others.
 * - returns: it is to be told of a child, and stands in line for a place.
 */
export class Nest {
  readonly #admission: Admission;
  /** Those that have not settled; with what stands in line for one that had no place at once. */
  readonly children: Map<Job, SubmitWaiter | null> = new Map();
  #state: 'works' | 'waits' | 'returns' = 'works';
  /** What its worker is to be told as soon as it has its place. */
  #news: (() => void)[] = [];
  /** How often its worker has been told. */
  #told = 0;
  #return: Return | null = null;
  #onReturn: () => void = () => {};

  constructor(admission: Admission) {
    this.#admission = admission;
  }

  get holdsPlace(): boolean {
    return this.#state === 'works';
  }

  /**
   * Its worker says that it waits, having been told `seen` times. If more is on its way, it will not wait.
   *
   * @param suspended called before its place goes to others.
   * @param resumed called when it has one again.
   */
  waits(seen: number, suspended: () => void, resumed: () => void): void {
    if (this.#state !== 'works' || seen !== this.#told) return;
    this.#state = 'waits';
    this.#onReturn = resumed;
    suspended();
    this.#admission.releasePlace();
  }

  /** Tells its worker something, once it has a place to go on in. */
  tell(news: () => void): void {
    if (this.#state === 'works') {
      this.#told++;
      return news();
    }
    this.#news.push(news);
    if (this.#state === 'returns') return;
    this.#state = 'returns';
    this.#return = new Return(() => this.#returned());
    this.#admission.waitFirst(this.#return, 'returns');
  }

  /** Its worker is free of it. A place that it holds is the caller's to release. */
  left(): void {
    this.#news = [];
    if (this.#return !== null) this.#admission.leave(this.#return);
    this.#return = null;
  }

  #returned(): void {
    this.#return = null;
    this.#state = 'works';
    this.#onReturn();
    const news = this.#news.splice(0);
    this.#told += news.length;
    for (const each of news) each();
  }
}
