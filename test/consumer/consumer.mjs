import assert from 'node:assert/strict';
import { Executor, inline } from 'millrace';

const executor = new Executor({ workers: 2 });
const squares = [];
for await (const square of executor.map([1, 2, 3], (n) => inline((x) => x * x, n))) squares.push(square);
assert.deepEqual(squares, [1, 4, 9]);
await executor.shutdown();
console.log('JavaScript consumer: ok');
