import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const script = fileURLToPath(new URL('../fixtures/flow-leaks.mjs', import.meta.url));

function start() {
  return fork(script, [], { execArgv: ['--expose-gc'] });
}

const kinds = [
  'semaphore',
  'use',
  'use, watched for deadlocks',
  'aborted waits',
  'aborted turns',
  'aborted receives',
  'channel',
  'buffered',
  'bufferUnordered',
];

test('every kind is tested', async () => {
  const child = start();
  const [message] = (await once(child, 'message')) as [{ kinds: string[] }];
  child.kill();
  expect(message.kinds).toEqual(kinds);
});

test.each(kinds)('a million operations leave nothing behind: %s', { timeout: 120_000 }, async (kind) => {
  const child = start();
  await once(child, 'message');
  child.send({ kind, count: 1_000_000 });
  const [{ grownMiB }] = (await once(child, 'message')) as [{ grownMiB: number }];
  child.kill();
  // Sixteen bytes left by each operation would be 15 MiB.
  expect(grownMiB).toBeLessThan(2);
});
