const smallest = 16;

/**
 * A first-in, first-out queue in a circular array: O(1) at both ends. It allocates only when it outgrows its array, and lets
 * a large one go when it has run empty.
 */
export class Ring<T> {
  #items: (T | undefined)[] = Array.from({ length: smallest });
  /** Where the first item is. The length of the array is a power of two, so that a mask wraps it. */
  #head = 0;
  #size = 0;

  get size(): number {
    return this.#size;
  }

  get first(): T | undefined {
    return this.#items[this.#head];
  }

  /** Undefined from `size` on. @param index from 0, the first. */
  at(index: number): T | undefined {
    return index < this.#size ? this.#items[(this.#head + index) & (this.#items.length - 1)] : undefined;
  }

  push(item: T): void {
    if (this.#size === this.#items.length) this.#grow();
    this.#items[(this.#head + this.#size++) & (this.#items.length - 1)] = item;
  }

  /** Puts an item before all others. */
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

  /** Keeps only the items that pass, in their order. */
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
