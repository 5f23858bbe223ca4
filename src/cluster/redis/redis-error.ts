import { ClusterError } from '../../base/errors.ts';

/** What messages about Redis name: its place and the queue; and what they must not contain: the secrets. */
export interface ErrorPlace {
  readonly place: string;
  readonly queue: string;
  readonly secrets: readonly string[];
}

/**
 * A copy of an error of Redis or its client, with at most 300 characters of its message. It lacks the command, which may hold a password
 * or task arguments, and the arguments that Redis repeats if it does not know a command. Never throws.
 */
export function cleanError(error: unknown, secrets: readonly string[]): Error {
  const { message, code } = (error ?? {}) as { message?: unknown; code?: unknown };
  let text = typeof message === 'string' && message !== '' ? message : 'unknown error';
  text = text.replace(/,? with args beginning with:?.*$/s, '').slice(0, 300);
  for (const secret of secrets) text = text.replaceAll(secret, '…');
  const cleaned = new Error(typeof code === 'string' && !text.includes(code) ? `${code}: ${text}` : text);
  cleaned.name = 'RedisError';
  cleaned.stack = `RedisError: ${cleaned.message}`;
  return cleaned;
}

const remedies: readonly (readonly [RegExp, string])[] = [
  [/WRONGPASS|NOAUTH|invalid password|AUTH/, 'the user or password is wrong: check the connection'],
  [/DB index|SELECT is not allowed/, 'it has no database of this number: name another one'],
  [/NOPERM/, 'the user lacks rights: docs/cluster.md lists the commands and keys that an ACL must allow'],
  [/READONLY/, 'it is a read-only replica: connect to the primary'],
  [/MISCONF|OOM|DENIED/, 'it refuses writes: check its log, its memory and its disk'],
  [/ECONNREFUSED|ENOTFOUND|EAI_AGAIN|EHOSTUNREACH|ETIMEDOUT/, 'check that it runs and has this address'],
  [
    /timed? ?out/i,
    'it accepts connections but does not answer: check its load, whether it is stopped, and TLS (rediss:// uses it, redis:// does not)',
  ],
  [/CERT|SSL|TLS|wrong version number/i, 'check TLS on both sides: rediss:// uses it, redis:// does not'],
];

/** @param what the problem, as a clause such as `it can't be used`. */
export function redisError(
  what: string,
  error: unknown,
  { place, queue, secrets }: ErrorPlace,
): ClusterError {
  const cause = cleanError(error, secrets);
  const remedy = remedies.find(([pattern]) => pattern.test(cause.message))?.[1];
  const message = `Redis at ${place}, queue '${queue}': ${what} (${cause.message})`;
  return new ClusterError(remedy === undefined ? message : `${message}; ${remedy}`, {
    redis: place,
    queue,
    cause,
  });
}

/** True if the next attempt would fail in the same way. */
export function isFatal(error: Error): boolean {
  return /DB index|SELECT is not allowed|WRONGPASS|NOAUTH|NOPERM|READONLY|unknown command|invalid password/.test(
    error.message,
  );
}
