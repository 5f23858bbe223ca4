import type { RedisOptions } from 'ioredis';
import { InvalidOptionError } from '../../base/errors.ts';

/** How to reach Redis, as options of ioredis or a URL: `redis://user:password@host:6379/0`, `rediss://…` for TLS. */
export type RedisConnection = RedisOptions | string;

/** Where Redis is, for messages: `host:port/db`, without a name or a password. */
export function placeOf(connection: RedisConnection): string {
  if (typeof connection === 'string') {
    const url = new URL(connection);
    return `${url.hostname || 'localhost'}:${url.port || '6379'}/${databaseOf(url) || '0'}`;
  }
  const { path, host, port, db = 0, sentinels, name } = connection;
  if (sentinels !== undefined && sentinels !== null) return `sentinel ${name ?? ''}/${db}`;
  return path === undefined ? `${host ?? 'localhost'}:${port ?? 6379}/${db}` : `${path}/${db}`;
}

/** The texts that no message may contain. */
export function secretsOf(connection: RedisConnection): readonly string[] {
  const { password, username } =
    typeof connection === 'string' ? new URL(connection) : { username: '', password: '', ...connection };
  const found = [password, typeof connection === 'string' ? decodeURIComponent(password ?? '') : ''];
  // A user's name is no secret, but some put a token there.
  if (typeof username === 'string' && username.length > 12) found.push(username);
  return found.filter((text): text is string => typeof text === 'string' && text !== '');
}

/** Checks a connection. The error never contains its value, which may hold a password. */
export function checkConnection(option: string, value: unknown): void {
  const isUrl =
    typeof value === 'string' && /^rediss?:\/\//.test(value) && URL.canParse(value) && decodes(value);
  const isObject = typeof value === 'object' && value !== null && !Array.isArray(value);
  const message = `${option} must be a URL (redis://host:6379 or rediss://…) or the options of ioredis`;
  if (!isUrl && !isObject) throw new InvalidOptionError(option, undefined, message);
  const keyPrefix = isUrl ? new URL(value).searchParams.get('keyPrefix') : (value as RedisOptions).keyPrefix;
  if (keyPrefix)
    throw new InvalidOptionError(
      option,
      undefined,
      `${option} must have no keyPrefix: the queue's name sets keys apart`,
    );
  // ioredis takes what is no number for database 0, and would mix the tasks of two queues.
  const database = isUrl ? databaseOf(new URL(value)) : ((value as RedisOptions).db ?? '');
  if (!/^\d*$/.test(String(database))) {
    const where = isUrl ? 'the path of its URL, or ?db=' : 'db';
    throw new InvalidOptionError(
      option,
      undefined,
      `${option} must name a database by its number (${where})`,
    );
  }
}

/** As ioredis reads it: the path comes first. */
function databaseOf({ pathname, searchParams }: URL): string {
  return pathname.slice(1).replace(/\/$/, '') || (searchParams.get('db') ?? '');
}

function decodes(url: string): boolean {
  try {
    decodeURIComponent(new URL(url).password);
    return true;
  } catch {
    return false;
  }
}
