/**
 * Would `await` wait for the value? It tests only that there is a `then`, not that it is a function. A `then` on `Object.prototype`,
 * which a task may have put there, does not count.
 */
export function isThenable(value: unknown): value is PromiseLike<unknown> {
  const isObject = typeof value === 'object' ? value !== null : typeof value === 'function';
  if (!isObject || !('then' in (value as object))) return false;
  return !('then' in Object.prototype) || (value as { then: unknown }).then !== Object.prototype.then;
}
