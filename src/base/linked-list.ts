/** The fields that an element of a `LinkedList` carries itself. An element stands in at most one list at a time. */
export interface Linked {
  /** The list that the element stands in; `LinkedList` only compares it. */
  list: object | null;
  previous: Linked | null;
  next: Linked | null;
}

/**
 * An intrusive doubly linked list: adding and removing anywhere cost O(1) and allocate nothing. This makes it cheap to cancel a
 * task or a caller in the middle of a long queue.
 */
export class LinkedList<T extends Linked> {
  #first: T | null = null;
  #last: T | null = null;
  #size = 0;

  get size(): number {
    return this.#size;
  }

  get first(): T | null {
    return this.#first;
  }

  get last(): T | null {
    return this.#last;
  }

  push(element: T): void {
    element.list = this;
    element.previous = this.#last;
    if (this.#last === null) this.#first = element;
    else this.#last.next = element;
    this.#last = element;
    this.#size++;
  }

  unshift(element: T): void {
    element.list = this;
    element.next = this.#first;
    if (this.#first === null) this.#last = element;
    else this.#first.previous = element;
    this.#first = element;
    this.#size++;
  }

  /** Removes an element from this list. Does nothing if the element does not stand in it. */
  remove(element: T): void {
    if (element.list !== this) return;
    const previous = element.previous as T | null;
    const next = element.next as T | null;
    if (previous === null) this.#first = next;
    else previous.next = next;
    if (next === null) this.#last = previous;
    else next.previous = previous;
    element.list = null;
    element.previous = null;
    element.next = null;
    this.#size--;
  }

  *[Symbol.iterator](): Generator<T> {
    for (let element = this.#first; element !== null; element = element.next as T | null) yield element;
  }
}
