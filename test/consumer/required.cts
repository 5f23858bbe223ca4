import assert from 'node:assert/strict';
import { Executor, tasks } from 'millrace';
import type { OverloadGate } from 'millrace/http';
import { hashing } from 'millrace/tasks';

/** What CommonJS makes is at home in a program of ES modules: there is one copy of the package, and one set of types. */
async function main(): Promise<void> {
  const executor = new Executor({ workers: 2 });
  const makers = tasks<typeof import('./required-work.cjs')>(require.resolve('./required-work.cjs'));
  const product: number = await executor.run(makers.product(6, 7));
  assert.equal(product, 42);
  assert.equal((await executor.run(hashing.hashBytes('abc'))).slice(0, 8), 'ba7816bf');
  const { gateOf } = await import('./adapter.mjs');
  const gate: OverloadGate = gateOf(executor, makers.product(1, 1));
  assert.equal(gate.executor, executor);
  await executor.shutdown();
  console.log('CommonJS consumer: ok');
}

void main();
