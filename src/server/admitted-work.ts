import { LinkedList } from '../base/linked-list.ts';
import type { Linked } from '../base/linked-list.ts';
import type { Future } from '../index.ts';
import { requestClasses } from './request-options.ts';
import type { RequestClass } from './request-options.ts';

class Work implements Linked {
  readonly future: Future<unknown>;
  list: object | null = null;
  previous: Linked | null = null;
  next: Linked | null = null;

  constructor(future: Future<unknown>) {
    this.future = future;
  }
}

/** A gate's admitted and unsettled tasks, by class. At most as many as its executor has places. */
export class AdmittedWork {
  /** Oldest first. */
  readonly #work: Readonly<Record<RequestClass, LinkedList<Work>>> = {
    sheddable: new LinkedList(),
    normal: new LinkedList(),
    critical: new LinkedList(),
  };
  readonly #whenNone: (() => void)[] = [];

  add(requestClass: RequestClass, future: Future<unknown>): void {
    const own = this.#work[requestClass];
    const work = new Work(future);
    own.push(work);
    void future.outcome().then(() => {
      own.remove(work);
      this.#tellIfNone();
    });
  }

  /** All admitted work, approximately in the order in which it runs. */
  *all(): Generator<Future<unknown>, void> {
    for (const requestClass of requestClasses.toReversed())
      for (const { future } of this.#work[requestClass]) yield future;
  }

  /** Work of lower classes that no thread has begun: the lowest class first, its newest task first, which would wait longest. */
  *below(requestClass: RequestClass): Generator<Future<unknown>, void> {
    for (const lower of requestClasses.slice(0, requestClasses.indexOf(requestClass))) {
      let previous: Work | null;
      for (let work = this.#work[lower].last; work !== null; work = previous) {
        previous = work.previous as Work | null;
        // Before the outcome is told: an admission may need places at the same moment.
        if (work.future.done) this.#work[lower].remove(work);
        else if (work.future.state === 'pending') yield work.future;
      }
    }
  }

  /** Resolves when no work is left. */
  none(): Promise<void> {
    return new Promise((resolve) => {
      this.#whenNone.push(resolve);
      this.#tellIfNone();
    });
  }

  #tellIfNone(): void {
    if (requestClasses.some((each) => this.#work[each].size > 0)) return;
    for (const resolve of this.#whenNone.splice(0)) resolve();
  }
}
