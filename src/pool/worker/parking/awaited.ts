/** Counts the unsettled promises that a task waits for: of calls, of items, of its reader. While there are any, the task may park. */
export class Awaited {
  #all = 0;
  #items = 0;

  get any(): boolean {
    return this.#all > 0;
  }

  /** Does it wait for items of its sources, and for nothing else? */
  get onlyItems(): boolean {
    return this.#all === this.#items;
  }

  /** Counts a promise until it has settled, and returns it. */
  count<T>(promise: Promise<T>): Promise<T> {
    this.#all++;
    const over = () => void this.#all--;
    promise.then(over, over);
    return promise;
  }

  /** As `count`, for an item of a source. */
  countItem<T>(promise: Promise<T>): Promise<T> {
    this.#items++;
    const over = () => void this.#items--;
    promise.then(over, over);
    return this.count(promise);
  }
}
