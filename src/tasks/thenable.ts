/** What `await` would wait for, or nearly: whether `then` is a function shows only when it is called. */
export function isThenable(value: unknown): value is PromiseLike<unknown> {
  return (
    (typeof value === 'object' ? value !== null : typeof value === 'function') && 'then' in (value as object)
  );
}
