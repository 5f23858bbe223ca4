/*
 * A parallel merge sort, as a task module: each half is a task, and `join` spreads them over the threads as they become free.
 *
 * The numbers lie in shared memory. So what goes to another thread is a view, and a half that is sorted is sorted for all.
 */
import { current, tasks } from 'millrace/worker';

const self = tasks(import.meta.url);

/** Pieces for each worker: some take longer than others, and who has finished early takes one more. */
const piecesPerWorker = 4;
/** About half a millisecond of work: some hundred times what a `join` costs. */
const shortestPiece = 8192;

/**
 * Sorts as `Float64Array.prototype.sort` does, NaN and -0 included.
 *
 * @param {Float64Array} numbers of a SharedArrayBuffer. Sorted in place; takes as much memory again meanwhile.
 * @param {number} [cutoff] pieces of this length or less are sorted in one go.
 */
export async function sort(numbers, cutoff = cutoffFor(numbers.length)) {
  if (!(numbers.buffer instanceof SharedArrayBuffer))
    throw new TypeError('sort() takes numbers in shared memory');
  const copy = new Float64Array(new SharedArrayBuffer(numbers.byteLength));
  copy.set(numbers);
  await sortTo(numbers, copy, cutoff);
}

const cutoffFor = (length) =>
  Math.max(shortestPiece, Math.ceil(length / (current().workers * piecesPerWorker)));

/** `target` gets sorted. `copy` has the same numbers, and is left in some other order. */
export async function sortTo(target, copy, cutoff) {
  if (target.length <= Math.max(1, cutoff)) {
    target.sort();
    return;
  }
  const middle = target.length >>> 1;
  const half = (from, to) => self.sortTo(copy.subarray(from, to), target.subarray(from, to), cutoff);
  await current().join(half(0, middle), half(middle));
  merge(copy.subarray(0, middle), copy.subarray(middle), target);
}

function merge(left, right, target) {
  let l = 0;
  let r = 0;
  while (l < left.length && r < right.length) {
    const a = left[l];
    const b = right[r];
    if (goesBefore(b, a)) {
      target[l + r] = b;
      r++;
    } else {
      target[l + r] = a;
      l++;
    }
  }
  target.set(l < left.length ? left.subarray(l) : right.subarray(r), l + r);
}

/** In the order of `Float64Array.prototype.sort`: -0 before 0, NaN last. */
const goesBefore = (a, b) => a < b || Number.isNaN(b) || (a === b && Object.is(a, -0));
