const smallest = 16;

/**
 * A first-in, first-out queue in a circular array: O(1) at both ends. It allocates only when it outgrows its array, and drops an
 * array of more than 1,024 slots when it runs empty.
 */
export class Ring<T> {
  #items: (T | undefined)[] = Array.from({ length: smallest });
  /** Index of the first item. The array's length is a power of two, so that a mask wraps an index. */
  #head = 0;
  #size = 0;

  get size(): number {
    return this.#size;
  }

  get first(): T | undefined {
    return this.#items[this.#head];
  }

  /** @param index 0 is the first item. @returns undefined for `size` and above. */
  at(index: number): T | undefined {
    return index < this.#size ? this.#items[(this.#head + index) & (this.#items.length - 1)] : undefined;
  }

  push(item: T): void {
    if (this.#size === this.#items.length) this.#grow();
    this.#items[(this.#head + this.#size++) & (this.#items.length - 1)] = item;
  }

  /** Adds an item at the front. */
  unshift(item: T): void {
    if (this.#size === this.#items.length) this.#grow();
    this.#head = (this.#head - 1) & (this.#items.length - 1);
    this.#items[this.#head] = item;
    this.#size++;
  }

  shift(): T | undefined {
    if (this.#size === 0) return undefined;
    const item = this.#items[this.#head];
    this.#items[this.#head] = undefined;
    this.#head = (this.#head + 1) & (this.#items.length - 1);
    this.#size--;
    if (this.#size === 0 && this.#items.length > 1024) this.clear();
    return item;
  }

  clear(): void {
    this.#items = Array.from({ length: smallest });
    this.#head = 0;
    this.#size = 0;
  }

  /** Keeps only the items for which `passes` returns true, in their order. */
  filter(passes: (item: T) => boolean): void {
    for (let left = this.#size; left > 0; left--) {
      const item = this.shift() as T;
      if (passes(item)) this.push(item);
    }
  }

  #grow(): void {
    const items = this.#items.slice(this.#head);
    for (let at = 0; at < this.#head; at++) items.push(this.#items[at]);
    items.length *= 2;
    this.#items = items;
    this.#head = 0;
  }
}
