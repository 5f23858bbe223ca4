import { readFileSync } from 'node:fs';
import type { Given } from '../given.ts';
import { text } from '../option-values.ts';
import { reasonOf } from '../reason.ts';
import { UsageError } from '../usage-error.ts';

/** Where a queue is, and what it takes to join it. */
export interface ClusterArguments {
  readonly connection: string;
  readonly queue: string;
  readonly release: string | undefined;
  readonly secret: string | undefined;
}

/** @throws {UsageError} that names what is wrong, without quoting a URL or a secret. */
export function clusterArguments({ values }: Given, command: string): ClusterArguments {
  const queue = text(values, 'queue');
  if (queue === undefined) throw new UsageError(`${command} needs --queue NAME`);
  if (values.has('redis') && values.has('redis-file'))
    throw new UsageError('--redis and --redis-file do not go together');
  const connection =
    text(values, 'redis') ??
    fromFile(text(values, 'redis-file'), 'redis-file') ??
    (process.env['MILLRACE_REDIS_URL'] || 'redis://127.0.0.1:6379');
  if (!/^rediss?:\/\//.test(connection) || !URL.canParse(connection))
    throw new UsageError('the URL of Redis must be redis://HOST:PORT or rediss://…');
  const secret =
    fromFile(text(values, 'secret-file'), 'secret-file') ?? (process.env['MILLRACE_SECRET'] || undefined);
  if (secret !== undefined && secret.length < 16) {
    const origin = values.has('secret-file') ? '--secret-file' : '$MILLRACE_SECRET';
    throw new UsageError(`the secret in ${origin} must have at least 16 characters`);
  }
  return { connection, queue, release: text(values, 'release'), secret };
}

/** The first line of a file, without the line end that an editor adds. */
function fromFile(file: string | undefined, option: string): string | undefined {
  if (file === undefined) return undefined;
  let content: string;
  try {
    content = readFileSync(file, 'utf8');
  } catch (error) {
    throw new UsageError(`--${option} ${file}: ${reasonOf(error)}`);
  }
  const [line = ''] = content.split(/\r?\n/);
  if (line === '') throw new UsageError(`--${option} ${file}: its first line is empty`);
  return line;
}
