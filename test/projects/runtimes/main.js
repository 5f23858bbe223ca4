// What the library does, on whatever runs this. Prints 'ok'.
import assert from 'node:assert/strict';
import { Executor, tasks } from 'millrace';
import { hashing } from 'millrace/tasks';

const work = tasks(new URL('./work.js', import.meta.url));
const executor = new Executor({ workers: 2 });
assert.equal(await executor.run(work.double(21)), 42);
await assert.rejects(executor.run(work.fail()), RangeError);
const doubled = [];
for await (const each of executor.map([1, 2, 3], (n) => work.double(n))) doubled.push(each);
assert.deepEqual(doubled, [2, 4, 6]);
assert.match(await executor.run(hashing.hashBytes('abc')), /^ba7816bf/);
await executor.shutdown();
console.log('ok');
