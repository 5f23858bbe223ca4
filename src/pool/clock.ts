/**
 * Where this thread's `performance.now()` begins, in milliseconds on the clock that all threads of the process share.
 * (`performance.timeOrigin` is on the wall clock, which may be set between the starts of two threads.)
 */
export function clockOrigin(): number {
  let origin = 0;
  let narrowest = Infinity;
  // The thread may be taken off its core between two looks.
  for (let left = 5; left > 0; left--) {
    const before = performance.now();
    const shared = Number(process.hrtime.bigint()) / 1e6;
    const after = performance.now();
    if (after - before >= narrowest) continue;
    narrowest = after - before;
    origin = shared - (before + after) / 2;
  }
  return origin;
}
