import type { Future } from '../index.ts';
import { requestClasses } from './request-options.ts';
import type { RequestClass } from './request-options.ts';

/** A gate's tasks that have been admitted and have not settled, by class; not more than its executor has places. */
export class AdmittedWork {
  /** Oldest first. */
  readonly #futures: Readonly<Record<RequestClass, Set<Future<unknown>>>> = {
    sheddable: new Set(),
    normal: new Set(),
    critical: new Set(),
  };
  readonly #whenNone: (() => void)[] = [];

  add(requestClass: RequestClass, future: Future<unknown>): void {
    const own = this.#futures[requestClass];
    own.add(future);
    void future.outcome().then(() => {
      own.delete(future);
      this.#tellIfNone();
    });
  }

  /** All of it, about in the order in which it runs. */
  *all(): Generator<Future<unknown>, void> {
    for (const requestClass of requestClasses.toReversed()) yield* this.#futures[requestClass];
  }

  /** What is below a class and no thread has begun; first the lowest, and of that the newest, which would wait longest. */
  *below(requestClass: RequestClass): Generator<Future<unknown>, void> {
    for (const lower of requestClasses.slice(0, requestClasses.indexOf(requestClass))) {
      for (const future of [...this.#futures[lower]].toReversed()) {
        if (future.state === 'pending') yield future;
      }
    }
  }

  /** Resolves when there is none. */
  none(): Promise<void> {
    return new Promise((resolve) => {
      this.#whenNone.push(resolve);
      this.#tellIfNone();
    });
  }

  #tellIfNone(): void {
    if (requestClasses.some((each) => this.#futures[each].size > 0)) return;
    for (const resolve of this.#whenNone.splice(0)) resolve();
  }
}
