/**
 * What `await` would wait for, or nearly: whether `then` is a function shows only when it is called. (And not each object of a
 * thread in which a task has put a `then` on `Object.prototype`.)
 */
export function isThenable(value: unknown): value is PromiseLike<unknown> {
  const isObject = typeof value === 'object' ? value !== null : typeof value === 'function';
  if (!isObject || !('then' in (value as object))) return false;
  return !('then' in Object.prototype) || (value as { then: unknown }).then !== Object.prototype.then;
}
