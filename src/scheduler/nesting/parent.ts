import { Waiter } from '../admission/admission.ts';
import type { Admission } from '../admission/admission.ts';
import type { Job, Parenthood } from '../job/job.ts';

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
 *   └────────────────┴────────────────┴──left──→ left
 * ```
 * - works: it has its place, and its worker counts with it.
 * - waits: it has given its place to its children or to others.
 * - returns: it is to be told of a child, and stands in line for a place.
 * - left: its worker is free of it, or gone.
 */
export class Nest implements Parenthood {
  readonly #admission: Admission;
  /** Those that have not settled. */
  readonly children: Set<Job> = new Set();
  /** If it has left: did it when it left? Then it is the ledger's to release. */
  holdsPlace = true;
  #state: 'works' | 'waits' | 'returns' | 'left' = 'works';
  /** What its worker is to be told as soon as it has its place. */
  readonly #news: (() => void)[] = [];
  /** How often its worker has been told. */
  #told = 0;
  #return: Return | null = null;
  #onReturn: () => void = () => {};

  constructor(admission: Admission) {
    this.#admission = admission;
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
    this.holdsPlace = false;
    this.#onReturn = resumed;
    suspended();
    this.#admission.releasePlace();
  }

  /** Tells its worker something, once it has a place to go on in. One that has left needs none: its worker only forgets. */
  tell(news: () => void): void {
    this.#news.push(news);
    if (this.#state === 'waits') {
      this.#state = 'returns';
      this.#return = new Return(() => this.#returned());
      this.#admission.waitFirst(this.#return, 'returns');
    } else if (this.#state !== 'returns') this.#tellAll();
  }

  /** To be called before anybody hears of its end: children that are cancelled then must not bring it back. */
  left(): void {
    this.#state = 'left';
    if (this.#return !== null) this.#admission.leave(this.#return);
    this.#return = null;
    this.#tellAll();
  }

  #returned(): void {
    this.#return = null;
    this.#state = 'works';
    this.holdsPlace = true;
    this.#onReturn();
    this.#tellAll();
  }

  #tellAll(): void {
    for (const news of this.#news.splice(0)) {
      this.#told++;
      news();
    }
  }
}
