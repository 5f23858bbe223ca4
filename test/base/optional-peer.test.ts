import { describe, expect, test } from 'vitest';
import { PeerError } from '../../src/base/errors.ts';
import { checkPeerVersion, isOlder, optionalPeer } from '../../src/base/optional-peer.ts';

describe('an optional peer', () => {
  test.each([
    ['4.21.2', '5', true],
    ['5.0.0', '5', false],
    ['5.0.0-rc.1', '5', false],
    ['10.0.0', '9', false],
    ['0.33.5', '0.34', true],
    ['0.34.0', '0.34', false],
    ['1.0.0', '0.34', false],
    ['1.8.9', '1.9', true],
    ['1.10.0', '1.9', false],
  ])('%s is older than %s: %s', (version, than, older) => {
    expect(isOlder(version, than)).toBe(older);
  });

  test('that is too old is named, with what was found and what is wanted', () => {
    let error: unknown;
    try {
      checkPeerVersion('fastify', 'millrace/fastify', '4.29.1');
    } catch (thrown) {
      error = thrown;
    }
    expect(error).toBeInstanceOf(PeerError);
    expect(error).toMatchObject({
      name: 'PeerError',
      code: 'ERR_MILLRACE_PEER_VERSION',
      package: 'fastify',
      found: '4.29.1',
      wanted: '>=5',
      message: 'millrace/fastify needs fastify >=5, but 4.29.1 is installed: npm install fastify@latest',
    });
  });

  test('that is installed and fails to load fails with its own error', async () => {
    const own = new Error('built for another platform');
    await expect(optionalPeer('sharp', 'an image task', () => Promise.reject(own))).rejects.toBe(own);
  });
});

test('the manifest tells npm of optional peers only, and nothing that could keep it from installing', async () => {
  const { default: manifest } = await import('../../package.json', { with: { type: 'json' } });
  const { peerDependencies, peerDependenciesMeta } = manifest;
  expect(Object.values(peerDependencies).every((range) => range === '*')).toBe(true);
  expect(peerDependenciesMeta).toEqual(
    Object.fromEntries(Object.keys(peerDependencies).map((name) => [name, { optional: true }])),
  );
});
