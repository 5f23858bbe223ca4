/** What `next()` of an iteration resolves to. */
export type Step<T, R = undefined> = IteratorResult<T, R>;

/** A call of `next()` that waits for its step. */
export interface Reader<T, R = undefined> {
  /** @param step a promise in its place always rejects. */
  resolve(step: Step<T, R> | Promise<never>): void;
  reject(reason: unknown): void;
}
