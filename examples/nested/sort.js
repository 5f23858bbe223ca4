/*
 * Sorts random numbers with all cores, and as JavaScript does by itself.
 *
 *   node examples/nested/sort.js [NUMBERS]          default: 4,000,000
 */
import { Executor, tasks } from 'millrace';

const { sort } = tasks(new URL('./merge-sort.js', import.meta.url));

const length = Number(process.argv[2] ?? 4_000_000);
const numbers = new Float64Array(new SharedArrayBuffer(length * Float64Array.BYTES_PER_ELEMENT));
for (let index = 0; index < length; index++) numbers[index] = Math.random() * 2 - 1;
const expected = Float64Array.from(numbers);

const executor = new Executor();
await executor.ready();
// So that the module is loaded, and its loops compiled.
await executor.run(sort(new Float64Array(new SharedArrayBuffer(1_000_000)), 8192));

const alone = await milliseconds(() => {
  expected.sort();
});
const together = await milliseconds(() => executor.run(sort(numbers)));
const { workers } = executor.stats();
await executor.shutdown();

const wrong = numbers.findIndex((number, index) => !Object.is(number, expected[index]));
if (wrong >= 0) throw new Error(`at ${wrong} is ${numbers[wrong]}, not ${expected[wrong]}`);
console.log(`${length.toLocaleString('en')} numbers, in order`);
console.log(`Float64Array.prototype.sort   ${alone.toFixed(0)} ms`);
console.log(`merge sort, ${workers} workers         ${together.toFixed(0)} ms`);

async function milliseconds(run) {
  const start = performance.now();
  await run();
  return performance.now() - start;
}
