import { Roster } from '../../base/roster.ts';
import { AdmissionWaiter } from '../admission/admission.ts';
import type { Admission } from '../admission/admission.ts';
import type { WaitsFor } from '../dispatch/backend.ts';
import type { Job } from '../job/job.ts';
import type { JobFlow, Parenthood, Sources } from '../job/job-parts.ts';

/** What a task may wait for besides its child jobs. */
export interface Waiting {
  readonly flow?: JobFlow | null;
  readonly sources?: Sources<Job> | null;
  /** Is the reader of the items the task's own parent? */
  readonly isNested?: boolean;
}

/** A task that goes on after a wait stands in line for a place, before all other waiters. */
class Return extends AdmissionWaiter {
  readonly bytes = 0;
  readonly granted: () => void;

  constructor(granted: () => void) {
    super();
    this.granted = granted;
  }

  /** A begun task must come to its end: it stays in line. */
  closed(): void {}
}

/**
 * A task that has child tasks, yields items or reads sources, as the main thread sees it.
 *
 * ```
 * works ──waits──→ waits ──tell──→ returns ──granted──→ works
 *   └────────────────┴────────────────┴──left──→ left
 * ```
 * - works: the task has its place and its worker.
 * - waits: the task has given its place up. A generator that waits for its reader keeps its place, or any number of generators could
 *   be open; it gives the place up only if its reader is a task, which needs a place to read. A task that waits for items of a
 *   source keeps its place likewise, unless the items come from a task.
 * - returns: the task has news, and stands in line for a place.
 * - left: the worker is free of the task, or has ended.
 */
export class ParentTask implements Parenthood<Job> {
  readonly #admission: Admission;
  /** Child jobs that have not settled. */
  readonly children: Roster<Job> = new Roster();
  /** After the task has left: did it hold its place then? `AdmittedJobs` releases that place. */
  holdsPlace = true;
  #state: 'works' | 'waits' | 'returns' | 'left' = 'works';
  /** News for the worker, to be told once the task has its place. */
  readonly #news: (() => void)[] = [];
  /** How many counted news the worker has been told. */
  #told = 0;
  #return: Return | null = null;
  #onReturn: () => void = () => {};
  readonly flow: JobFlow | null;
  readonly sources: Sources<Job> | null;
  reader: Job | null = null;
  /** Is its reader a task? Then it gives up its place while it waits for that reader. */
  #isNested: boolean;
  /** Was its last wait for its reader? */
  #reader = false;

  constructor(admission: Admission, { flow = null, sources = null, isNested = false }: Waiting = {}) {
    this.#admission = admission;
    this.flow = flow;
    this.sources = sources;
    this.#isNested = isNested;
  }

  get awaitsReader(): boolean {
    return this.#reader && this.suspended;
  }

  get suspended(): boolean {
    return this.#state === 'waits' || this.#state === 'returns';
  }

  /**
   * The worker reports that the task waits, and that it has seen `seen` counted news. If more news is on its way, the report is void.
   *
   * @param suspended called before the place goes to others.
   * @param resumed called when the task has a place again.
   */
  waits(seen: number, waitsFor: WaitsFor, suspended: () => void, resumed: () => void): void {
    if (this.#state !== 'works' || seen !== this.#told) return;
    this.#state = 'waits';
    this.#reader = waitsFor === 'reader';
    this.#onReturn = resumed;
    this.holdsPlace = this.#keepsPlace(waitsFor);
    suspended();
    if (!this.holdsPlace) this.#admission.releasePlace();
  }

  /** Tells the worker counted news, once the task has a place. A task that has left needs none: its worker only forgets it. */
  tell(news: () => void): void {
    this.proceed(() => {
      this.#told++;
      news();
    });
  }

  /** Like `tell()`, for news that the worker does not count. */
  proceed(news: () => void): void {
    this.#news.push(news);
    if (this.#state === 'waits' && this.holdsPlace) this.#returned();
    else if (this.#state === 'waits') {
      this.#state = 'returns';
      this.#return = new Return(() => this.#returned());
      this.#admission.waitFirst(this.#return, 'returns');
    } else if (this.#state !== 'returns') this.#tellAll();
  }

  /** Call it before anything hears of the task's end: children that are cancelled then must not make it return. */
  left(): void {
    this.#state = 'left';
    if (this.#return !== null) this.#admission.leave(this.#return);
    this.#return = null;
    this.#tellAll();
    this.flow?.left();
  }

  again(): ParentTask | null {
    if (this.flow === null && this.sources === null) return null;
    this.flow?.restarted();
    const again = new ParentTask(this.#admission, this);
    again.reader = this.reader;
    again.#isNested = this.#isNested;
    return again;
  }

  yieldPlace(): void {
    this.#isNested = true;
    if (!this.#reader || this.#state !== 'waits' || !this.holdsPlace) return;
    this.holdsPlace = false;
    this.#admission.releasePlace();
  }

  /** A task that waits for another task of the executor gives its place up: the other task needs a place to go on. */
  #keepsPlace(waitsFor: WaitsFor): boolean {
    if (waitsFor === 'items') return this.sources?.fromTasks === false;
    return waitsFor === 'reader' && !this.#isNested;
  }

  #returned(): void {
    this.#return = null;
    this.#state = 'works';
    this.holdsPlace = true;
    this.#onReturn();
    this.#tellAll();
  }

  #tellAll(): void {
    for (const news of this.#news.splice(0)) news();
  }
}
