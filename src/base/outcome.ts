/**
 * How a task, a thunk or a future ended, as a value, for loops in which one failure must not stop the rest. Only a task can be
 * `'cancelled'`. `reason` is the error that was thrown, or the reason of the cancellation.
 *
 * @typeParam More further properties: the outcomes of an executor have their `future`.
 */
export type Outcome<T, More = unknown> = More &
  (
    | { readonly status: 'fulfilled'; readonly value: T }
    | { readonly status: 'rejected' | 'cancelled'; readonly reason: unknown }
  );
