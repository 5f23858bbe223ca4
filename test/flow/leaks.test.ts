import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const script = fileURLToPath(new URL('../fixtures/flow-leaks.mjs', import.meta.url));

function start() {
  return fork(script, [], { execArgv: ['--expose-gc'] });
}

/** An operation that makes a signal or a stack takes far longer, and shows a leak just as well. */
const kinds: Record<string, number> = {
  semaphore: 1_000_000,
  use: 1_000_000,
  'use, watched for deadlocks': 200_000,
  'aborted waits': 200_000,
  'aborted turns': 200_000,
  'aborted receives': 200_000,
  channel: 1_000_000,
  reservations: 1_000_000,
  'loops that are left': 1_000_000,
  turns: 1_000_000,
  'adaptive limit': 1_000_000,
  buffered: 1_000_000,
  bufferUnordered: 1_000_000,
};

test('every kind is tested', async () => {
  const child = start();
  const [message] = (await once(child, 'message')) as [{ kinds: string[] }];
  child.kill();
  expect(message.kinds).toEqual(Object.keys(kinds));
});

test.each(Object.entries(kinds))('%s: nothing is left of %i operations', async (kind, count) => {
  const child = start();
  await once(child, 'message');
  child.send({ kind, count });
  const [{ grownMiB }] = (await once(child, 'message')) as [{ grownMiB: number }];
  child.kill();
  // An object left by each operation would be at least 3 MiB.
  expect(grownMiB).toBeLessThan(2);
});
