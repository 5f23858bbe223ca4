import { isIterator } from '../../../base/source.ts';
import type { Steps } from '../../../base/source.ts';

/**
 * Is a result meant to be read item by item? Includes iterators of a class, which cloning would turn into plain objects without
 * methods. (An object that only happens to have a method `next` does not count.)
 */
export function isGenerated(value: object): value is Steps {
  return (Symbol.iterator in value || Symbol.asyncIterator in value) && isIterator(value);
}
