/*
 * The PHC string format of password hashes: `$id$v=19$m=19456,t=2,p=1$salt$hash`, salt and hash in base64 without padding.
 */

export interface PhcString {
  readonly id: string;
  readonly version: number | undefined;
  /** In the order in which they stand. */
  readonly parameters: ReadonlyMap<string, number>;
  readonly salt: Buffer;
  readonly hash: Buffer;
}

/** Characters. Longer than any that this package makes or accepts. */
const maxLength = 512;

const shape =
  /^\$([a-z0-9-]{1,32})(?:\$v=(\d{1,9}))?\$([a-z]+=\d{1,9}(?:,[a-z]+=\d{1,9}){0,9})\$([A-Za-z0-9+/]+)\$([A-Za-z0-9+/]+)$/;

export function formatPhc({ id, version, parameters, salt, hash }: PhcString): string {
  const list = [...parameters].map(([name, value]) => `${name}=${value}`).join(',');
  return `$${id}${version === undefined ? '' : `$v=${version}`}$${list}$${encode(salt)}$${encode(hash)}`;
}

/** Undefined for what is not one, or not in the one way to write it. */
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
  // Leading zeros, a parameter twice, bits that base64 drops.
  return formatPhc(phc) === text ? phc : undefined;
}

const encode = (bytes: Buffer): string => bytes.toString('base64').replace(/=+$/, '');
