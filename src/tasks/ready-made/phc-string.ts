/*
 * The PHC string format of password hashes: `$id$v=19$m=19456,t=2,p=1$salt$hash`, salt and hash in base64 without padding.
 */

export interface PhcString {
  readonly id: string;
  readonly version: number | undefined;
  /** The parameters, in the order of the string. */
  readonly parameters: ReadonlyMap<string, number>;
  readonly salt: Buffer;
  readonly hash: Buffer;
}

/** Characters. Longer than any hash that this package makes or accepts. */
const maxLength = 512;

const shape =
  /^\$([a-z0-9-]{1,32})(?:\$v=(\d{1,9}))?\$([a-z]+=\d{1,9}(?:,[a-z]+=\d{1,9}){0,9})\$([A-Za-z0-9+/]+)\$([A-Za-z0-9+/]+)$/;

export function formatPhc({ id, version, parameters, salt, hash }: PhcString): string {
  const list = [...parameters].map(([name, value]) => `${name}=${value}`).join(',');
  return `$${id}${version === undefined ? '' : `$v=${version}`}$${list}$${encode(salt)}$${encode(hash)}`;
}

/** Parses a PHC string; undefined for any other text, and for a PHC string that is not in canonical form. */
export function parsePhc(text: string): PhcString | undefined {
  if (text.length > maxLength) return undefined;
  const [, id, version, list = '', salt = '', hash = ''] = shape.exec(text) ?? [];
  if (id === undefined) return undefined;
  const pairs = list.split(',').map((pair) => pair.split('=') as [string, string]);
  const phc = {
    id,
    version: version === undefined ? undefined : Number(version),
    parameters: new Map(pairs.map(([name, value]) => [name, Number(value)] as const)),
    salt: Buffer.from(salt, 'base64'),
    hash: Buffer.from(hash, 'base64'),
  };
  // Not canonical are leading zeros, a repeated parameter, and bits that base64 drops.
  return formatPhc(phc) === text ? phc : undefined;
}

const encode = (bytes: Buffer): string => bytes.toString('base64').replace(/=+$/, '');
