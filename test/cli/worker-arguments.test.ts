import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { workerArguments } from '../../src/cli/cluster/worker-arguments.ts';
import { sortWords } from '../../src/cli/given.ts';
import { workerCommand } from '../../src/cli/table/worker-command.ts';
import { clusterStatus } from '../../src/cluster/status.ts';
import { logicalName } from '../../src/cluster/wire/module-names.ts';

const parse = async (...words: string[]) => workerArguments(await sortWords(words, workerCommand));

test('--health without a host is for this machine alone', async () => {
  const words = ['-q', 'q', '-t', './work.js', '--insecure', '--health'];
  expect((await parse(...words, '9090')).health).toEqual({ host: '127.0.0.1', port: 9090 });
  expect((await parse(...words, '0.0.0.0:9090')).health).toEqual({ host: '0.0.0.0', port: 9090 });
});

test('a short secret is refused, and not repeated', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-secret-'));
  const file = join(folder, 'secret');
  writeFileSync(file, 'planted-secret\n');
  const words = ['-q', 'q', '-t', './work.js', '--secret-file', file];
  await expect(parse(...words)).rejects.toThrow(
    /^the secret in --secret-file must have at least 16 characters$/,
  );
  writeFileSync(file, 'planted-secret-of-more\n');
  expect((await parse(...words)).secret).toBe('planted-secret-of-more');
  rmSync(folder, { recursive: true });
});

test('a module of a package without a name: both remedies are told', () => {
  expect(() => logicalName('file:///work.mjs')).toThrow(/name one in its package\.json, .*--tasks NAME=PATH/);
});

test('the status of what can be no queue is refused, not told as one without hosts', async () => {
  const connection = 'redis://127.0.0.1:1';
  await expect(clusterStatus({ connection, queue: 'a:b' })).rejects.toThrow(/^queue must be a name/);
  await expect(clusterStatus({ connection, queue: 'a', release: 'b c' })).rejects.toThrow(
    /^release must be a name/,
  );
});
