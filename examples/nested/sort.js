/*
 * Sorts random numbers with all cores, and as JavaScript does by itself: three times, and prints the shortest.
 *
 *   node examples/nested/sort.js [NUMBERS]          default: 4,000,000
 */
import { Executor, tasks } from 'millrace';

const { sort } = tasks(new URL('./merge-sort.js', import.meta.url));

const length = Number(process.argv[2] ?? 4_000_000);
if (!Number.isSafeInteger(length) || length < 1)
  throw new RangeError(`not a number of numbers: ${process.argv[2]}`);
const given = Float64Array.from({ length }, () => Math.random() * 2 - 1);
const expected = new Float64Array(length);
const sorted = new Float64Array(new SharedArrayBuffer(given.byteLength));

const executor = new Executor();
await executor.ready();
const { workers } = executor.stats();
let alone = Infinity;
let together = Infinity;
for (let round = 0; round < 3; round++) {
  expected.set(given);
  alone = Math.min(alone, await milliseconds(sortExpected));
  sorted.set(given);
  together = Math.min(together, await milliseconds(() => executor.run(sort(sorted))));
}
await executor.shutdown();

const wrong = sorted.findIndex((number, index) => !Object.is(number, expected[index]));
if (wrong >= 0) throw new Error(`at ${wrong} is ${sorted[wrong]}, not ${expected[wrong]}`);
console.log(`${length.toLocaleString('en')} numbers, in order`);
console.log(`Float64Array.prototype.sort   ${alone.toFixed(0).padStart(6)} ms`);
console.log(`merge sort, ${workers} workers         ${together.toFixed(0).padStart(6)} ms`);

function sortExpected() {
  expected.sort();
}

async function milliseconds(run) {
  const start = performance.now();
  await run();
  return performance.now() - start;
}
