// The same package, required.
const assert = require('node:assert/strict');
const { Executor, tasks } = require('millrace');
const { hashing } = require('millrace/tasks');

module.exports.double = (n) => n * 2;

async function main() {
  assert.equal((await import('millrace')).Executor, Executor);
  const executor = new Executor({ workers: 1 });
  assert.equal(await executor.run(tasks(__filename).double(21)), 42);
  assert.match(await executor.run(hashing.hashBytes('abc')), /^ba7816bf/);
  await executor.shutdown();
}

if (require.main === module) main();
