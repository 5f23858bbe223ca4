/** An iterator, recognised by its `next`, so that transpiled and hand-written generators count. */
export interface Generated {
  next(): unknown;
  return?(): unknown;
}

/** Is the value an iterator, which `iterate()` can advance? */
export function isIterator(value: unknown): value is Generated {
  const isObject = typeof value === 'object' ? value !== null : typeof value === 'function';
  return isObject && typeof (value as Partial<Generated>).next === 'function';
}

/**
 * Is a result meant to be read item by item? Includes iterators of a class, which cloning would turn into plain objects without
 * methods. (An object that only happens to have a method `next` does not count.)
 */
export function isGenerated(value: object): value is Generated {
  return (Symbol.iterator in value || Symbol.asyncIterator in value) && isIterator(value);
}
