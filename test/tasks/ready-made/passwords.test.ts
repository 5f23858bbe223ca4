import { scryptSync } from 'node:crypto';
import * as crypto from 'node:crypto';
import argon2 from '@node-rs/argon2';
import fc from '../../support/fast-check.ts';
import { Executor } from 'millrace';
import { passwords } from 'millrace/tasks';
import { describe, expect, test } from 'vitest';
import { hash, verify } from '../../../src/tasks/ready-made/passwords.ts';
import { parsePhc, formatPhc } from '../../../src/tasks/ready-made/phc-string.ts';

function raise(message: string): never {
  throw new Error(message);
}

const cheap = { logN: 10, r: 8, p: 1 } as const;
const cheapArgon2 = { algorithm: 'argon2id', memory: 1024, passes: 1, p: 1 } as const;

describe.each([
  ['scrypt', cheap, /^\$scrypt\$ln=10,r=8,p=1\$[\w+/]{22}\$[\w+/]{43}$/],
  ['argon2id', cheapArgon2, /^\$argon2id\$v=19\$m=1024,t=1,p=1\$[\w+/]{22}\$[\w+/]{43}$/],
] as const)('%s', (_, options, form) => {
  test('makes a PHC string that only the password matches', async () => {
    const stored = await hash('correct horse', options);
    expect(stored).toMatch(form);
    expect(await hash('correct horse', options)).not.toBe(stored);
    expect(await verify('correct horse', stored, options)).toEqual({ matches: true, needsRehash: false });
    expect(await verify('correct hors', stored, options)).toEqual({ matches: false, needsRehash: false });
    expect(await verify('', stored, options)).toEqual({ matches: false, needsRehash: false });
  });

  test('takes letters in whatever form they are typed', async () => {
    const stored = await hash('se\u0301same ﬁ', options);
    expect((await verify('s\u00e9same fi', stored, options)).matches).toBe(true);
  });

  test('tells when a password is to be hashed again', async () => {
    const stored = await hash('x', options);
    expect((await verify('x', stored)).needsRehash).toBe(true);
    expect((await verify('x', stored, { ...options, p: 2 })).needsRehash).toBe(true);
    const other = 'algorithm' in options ? cheap : cheapArgon2;
    expect((await verify('x', stored, other)).needsRehash).toBe(true);
  });
});

describe('agrees with', () => {
  test('scrypt of node:crypto', async () => {
    const salt = Buffer.from('0123456789abcdef');
    const key = scryptSync('x', salt, 32, { N: 2 ** 12, r: 8, p: 2 });
    const encode = (bytes: Buffer): string => bytes.toString('base64').replaceAll('=', '');
    const stored = `$scrypt$ln=12,r=8,p=2$${encode(salt)}$${encode(key)}`;
    expect(await verify('x', stored)).toEqual({ matches: true, needsRehash: true });
  });

  test('the package @node-rs/argon2, both ways', async () => {
    const options = { memoryCost: 2048, timeCost: 3, parallelism: 2, algorithm: 2 };
    const theirs = await argon2.hash('x', options);
    expect((await verify('x', theirs)).matches).toBe(true);
    const ours = await hash('x', { algorithm: 'argon2id', memory: 2048, passes: 3, p: 2 });
    expect(await argon2.verify(ours, 'x')).toBe(true);
  });

  test.runIf('argon2Sync' in crypto)('what Node made with argon2Sync', async () => {
    expect(await argon2.verify(await hash('x', cheapArgon2), 'x')).toBe(true);
  });
});

describe('a stored hash is refused, before any of its cost is paid,', () => {
  const salt = 'A'.repeat(22);
  const key = 'A'.repeat(43);
  test.each([
    `$scrypt$ln=31,r=8,p=1$${salt}$${key}`,
    `$scrypt$ln=20,r=32,p=1$${salt}$${key}`,
    `$scrypt$ln=17,r=8,p=16$${salt}$${key}`,
    `$scrypt$ln=17,r=999999999,p=1$${salt}$${key}`,
    `$scrypt$ln=17,r=8,p=999999999$${salt}$${key}`,
    `$scrypt$ln=9,r=8,p=1$${salt}$${key}`,
    `$scrypt$ln=0,r=0,p=0$${salt}$${key}`,
    `$scrypt$ln=17,r=8$${salt}$${key}`,
    `$scrypt$ln=17,r=8,p=1,x=1$${salt}$${key}`,
    `$scrypt$ln=17,ln=17,r=8,p=1$${salt}$${key}`,
    `$scrypt$ln=017,r=8,p=1$${salt}$${key}`,
    `$scrypt$ln=-1,r=8,p=1$${salt}$${key}`,
    `$scrypt$ln=1e1,r=8,p=1$${salt}$${key}`,
    `$scrypt$v=1$ln=17,r=8,p=1$${salt}$${key}`,
    `$argon2id$v=19$m=4294967295,t=2,p=1$${salt}$${key}`,
    `$argon2id$v=19$m=1048576,t=16,p=1$${salt}$${key}`,
    `$argon2id$v=19$m=19456,t=999999999,p=1$${salt}$${key}`,
    `$argon2id$v=19$m=19456,t=2,p=255$${salt}$${key}`,
    `$argon2id$v=16$m=19456,t=2,p=1$${salt}$${key}`,
    `$argon2id$m=19456,t=2,p=1$${salt}$${key}`,
    `$argon2i$v=19$m=19456,t=2,p=1$${salt}$${key}`,
    `$argon2id$v=19$m=19456,t=2,p=1,keyid=1$${salt}$${key}`,
    `$scrypt$ln=17,r=8,p=1$AAAA$${key}`,
    `$scrypt$ln=17,r=8,p=1$${salt}$AAAA`,
    `$scrypt$ln=17,r=8,p=1$${salt}$`,
    `$scrypt$ln=17,r=8,p=1$${salt}=$${key}`,
    `$scrypt$ln=17,r=8,p=1$${salt.slice(1)}B$${key}`,
    `$scrypt$ln=17,r=8,p=1$${salt}$${key}\n`,
    `$scrypt$ln=17,r=8,p=1$${salt}$${'A'.repeat(600)}`,
    '$2b$12$abcdefghijklmnopqrstuv',
    'scrypt$131072$8$1$c2FsdA$a2V5',
    '',
    undefined,
    {},
  ])('%j', async (stored) => {
    const refusal = await verify('x', stored as string).catch((error: unknown) => error);
    expect(refusal).toMatchObject({ code: 'ERR_MILLRACE_PASSWORD_HASH' });
    expect((refusal as Error).message).not.toContain(key);
  });
});

test.each([
  [{ logN: 21 }, 'logN'],
  [{ logN: 16.5 }, 'logN'],
  [{ r: 0 }, 'r'],
  [{ p: 16 }, 'logN'],
  [{ memory: 2048 }, 'memory'],
  [{ algorithm: 'argon2id', logN: 17 }, 'logN'],
  [{ algorithm: 'argon2id', memory: 2 ** 21 }, 'memory'],
  [{ algorithm: 'bcrypt' }, 'algorithm'],
  [{ cost: 1 }, 'cost'],
])('the options %j are refused', async (options, option) => {
  await expect(hash('x', options as never)).rejects.toMatchObject({ option });
});

test.each([
  [Buffer.from('geheim'), '#<Buffer>'],
  [{ password: 'geheim' }, '#<Object>'],
  [Object.create(null, { password: { value: 'geheim', enumerable: true } }), 'an object'],
  [['geheim'], '#<Array>'],
  [new URL('https://user:geheim@host/'), '#<URL>'],
  [new Proxy({}, { getPrototypeOf: () => raise('geheim') }), 'an object'],
  [470_815, 'a number'],
  [Symbol('geheim'), 'a symbol'],
  [null, 'null'],
])('a password of another type, case %#, is named by its type alone', async (password, kind) => {
  await expect(hash(password as string, cheap)).rejects.toMatchObject({
    message: `password must be a string of up to 4096 bytes, not ${kind}`,
    value: undefined,
  });
});

test.each([undefined, 1, 'x'.repeat(4097)])(
  'a password that is none or too long is refused, and not quoted',
  async (password) => {
    const refusal = await hash(password as string, cheap).catch((error: unknown) => error);
    expect(refusal).toMatchObject({ option: 'password', value: undefined });
    expect((refusal as Error).message).not.toContain('xxx');
  },
);

test('a PHC string is read as it was written, and in no other way', () => {
  const bytes = fc.uint8Array({ minLength: 1, maxLength: 64 }).map((all) => Buffer.from(all));
  const parameters = fc.uniqueArray(
    fc.tuple(fc.constantFrom('ln', 'r', 'p', 'm', 't'), fc.nat(999_999_999)),
    {
      minLength: 1,
      selector: ([name]) => name,
    },
  );
  const version = fc.option(fc.nat(99), { nil: undefined });
  fc.assert(
    fc.property(
      fc.constantFrom('scrypt', 'argon2id'),
      version,
      parameters,
      bytes,
      bytes,
      (id, v, list, salt, key) => {
        const phc = { id, version: v, parameters: new Map(list), salt, hash: key };
        expect(parsePhc(formatPhc(phc))).toEqual(phc);
      },
    ),
  );
});

test('they run in the threads', async () => {
  await using executor = new Executor({ workers: 1 });
  const stored = await executor.run(passwords.hash('x', cheap));
  expect(await executor.run(passwords.verify('x', stored, cheap))).toEqual({
    matches: true,
    needsRehash: false,
  });
});
