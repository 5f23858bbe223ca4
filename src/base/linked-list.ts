/** What an element needs to stand in a `LinkedList`: it carries its own links, and stands in one list at a time. */
export interface Linked {
  /** The list that it stands in; only ever compared. */
  list: object | null;
  previous: Linked | null;
  next: Linked | null;
}

/**
 * An intrusive doubly linked list: adding and removing anywhere cost O(1) and allocate nothing. That is what makes
 * cancelling exact and cheap for a task or a caller in the middle of a long queue.
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

  /** Takes out an element that stands in this list; one that does not is left alone. */
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
