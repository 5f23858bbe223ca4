import { InvalidOptionError } from '../base/errors.ts';
import { boolean, milliseconds, show } from '../base/options.ts';
import type { OptionChecks } from '../base/options.ts';
import { checkConnection } from './redis/place.ts';
import type { RedisConnection } from './redis/place.ts';

/** How a process joins a queue: the same options for a program and for a host. */
export interface QueueOptions {
  /** Redis: a URL (`redis://host:6379/0`, `rediss://…` with TLS), or options of ioredis. */
  readonly connection: RedisConnection;
  /** Name of the queue, the same for programs and hosts: 1 to 200 characters without `:`, `{`, `}`, `@` or blanks. */
  readonly queue: string;
  /** Release of the program, a part of the queue's name: programs and hosts of another release don't see this queue. */
  readonly release?: string;
  /** The secret of programs and hosts, at least 16 characters: it signs every message through Redis. Required unless `insecure`. */
  readonly secret?: string | Buffer;
  /** Use no secret: anyone who can write to Redis can then run registered functions, and forge their answers. Default false. */
  readonly insecure?: boolean;
  /**
   * Milliseconds for the first connection to Redis, up to 2,147,483,647: from 1 for a program, from 0 for a host. Then every task of
   * the program, or the host's `start()`, rejects with `ClusterError`. Default 10,000.
   */
  readonly connectTimeoutMs?: number;
}

export const queueChecks: OptionChecks<QueueOptions> = {
  connection: checkConnection,
  queue: checkName,
  release: checkName,
  secret: checkSecret,
  insecure: boolean,
  connectTimeoutMs: milliseconds,
};

export const defaultConnectTimeoutMs = 10_000;

/** @throws {InvalidOptionError} for a required option that is missing; the error never contains a secret. */
export function checkRequired(options: QueueOptions): void {
  queueChecks.connection('connection', options.connection);
  queueChecks.queue('queue', options.queue);
  secretFrom(options);
}

/** @throws {InvalidOptionError} if there is neither a secret nor `insecure`, or both. */
export function secretFrom({
  secret,
  insecure,
}: Pick<QueueOptions, 'secret' | 'insecure'>): QueueOptions['secret'] {
  if (secret !== undefined) {
    if (insecure !== true) return secret;
    throw new InvalidOptionError('insecure', insecure, 'insecure must not be true where a secret is given');
  }
  if (insecure === true) return undefined;
  const message =
    'secret is missing: without one, anyone who can write to Redis can run registered functions with any arguments';
  throw new InvalidOptionError('secret', undefined, `${message} (insecure: true allows that)`);
}

/** Checks the name of a queue or a release, which becomes part of Redis keys. */
function checkName(option: string, value: unknown): void {
  if (typeof value === 'string' && /^[^\s:{}@]{1,200}$/.test(value)) return;
  const message = `${option} must be a name of 1 to 200 characters without :, {, }, @ or blanks, not ${show(value)}`;
  throw new InvalidOptionError(option, value, message);
}

const shortestSecret = 16;

/** Checks a secret. The error never contains its value. */
function checkSecret(option: string, value: unknown): void {
  if ((typeof value === 'string' || Buffer.isBuffer(value)) && value.length >= shortestSecret) return;
  const message = `${option} must be a string or Buffer of at least ${shortestSecret} characters`;
  throw new InvalidOptionError(option, undefined, message);
}
