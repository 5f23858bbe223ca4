/** Imports nothing: any built checkout can run it. */

export function empty() {}

/** Steps of xorshift: a fixed amount of work, unlike a loop that watches the clock. */
export function compute(steps) {
  let state = 1;
  for (let step = 0; step < steps; step++) {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
  }
  return state;
}
