import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { PeerError } from './errors.ts';
import { here } from '../package-file.ts';

/** Optional peer dependencies, with the oldest version that works. npm is told nothing of it: it would refuse to install. */
const oldest = {
  '@node-rs/argon2': '2',
  '@opentelemetry/api': '1.9',
  echarts: '6',
  express: '4',
  fastify: '5',
  'hash-wasm': '4.12',
  'prom-client': '15',
  sharp: '0.34',
  unplugin: '2',
} as const;

export type Peer = keyof typeof oldest;

/**
 * An optional peer dependency, when it is first needed. An error of the package itself is thrown as it is.
 *
 * @param feature what needs it, for the message.
 * @throws {PeerError} if it is missing or too old.
 */
export async function optionalPeer<M>(name: Peer, feature: string, load: () => Promise<M>): Promise<M> {
  const found = installedVersion(name, here);
  if (found !== undefined) checkPeerVersion(name, feature, found);
  try {
    return await load();
  } catch (cause) {
    throw found === undefined ? missing(name, feature, cause) : cause;
  }
}

/** The same at once, for a module that can't wait. */
export function requirePeer(name: Peer, feature: string): unknown {
  const found = installedVersion(name, here);
  if (found !== undefined) checkPeerVersion(name, feature, found);
  try {
    return createRequire(here)(name);
  } catch (cause) {
    throw found === undefined ? missing(name, feature, cause) : cause;
  }
}

function missing(name: Peer, feature: string, cause: unknown): PeerError {
  return new PeerError(`${feature} needs the package ${name}: npm install ${name}`, {
    package: name,
    found: undefined,
    wanted: `>=${oldest[name]}`,
    cause,
  });
}

/**
 * For a subpath, when it is imported: of the packages that it is for, those that are installed must not all be too old. It looks
 * where this package finds them and where the program does, which differ while a monorepo moves from one version to the next.
 *
 * @throws {PeerError} for the first of them.
 */
export function checkInstalledPeers(feature: string, ...names: [Peer, ...Peer[]]): void {
  const places = [here, process.argv[1], join(process.cwd(), 'main')];
  const installed = names.flatMap((name) =>
    places.flatMap((place) => {
      const found = installedVersion(name, place);
      return found === undefined ? [] : [{ name, found }];
    }),
  );
  if (installed.some(({ name, found }) => !isOlder(found, oldest[name]))) return;
  const [first] = installed;
  if (first !== undefined) checkPeerVersion(first.name, feature, first.found);
}

/** @throws {PeerError} if this version is too old. */
export function checkPeerVersion(name: Peer, feature: string, found: string): void {
  if (!isOlder(found, oldest[name])) return;
  const wanted = `>=${oldest[name]}`;
  const message = `${feature} needs ${name} ${wanted}, but ${found} is installed: npm install ${name}@latest`;
  throw new PeerError(message, { package: name, found, wanted });
}

/** The version that an import from a place finds; undefined if there is none, or if it can't be told. */
function installedVersion(name: string, from: string | undefined): string | undefined {
  if (from === undefined) return undefined;
  try {
    for (const folder of createRequire(from).resolve.paths(name) ?? []) {
      const version = versionIn(join(folder, name, 'package.json'));
      if (version !== undefined) return version;
    }
  } catch {
    // Bundled, or a path that `createRequire` does not take.
  }
  return undefined;
}

function versionIn(manifest: string): string | undefined {
  try {
    const { version } = JSON.parse(readFileSync(manifest, 'utf8')) as { version?: unknown };
    return typeof version === 'string' ? version : undefined;
  } catch {
    return undefined;
  }
}

/** @internal By the numbers from the left; a prerelease counts as its release. */
export function isOlder(version: string, than: string): boolean {
  const [given, wanted] = [version, than].map((each) => each.split('.').map((part) => parseInt(part, 10)));
  for (const [index, least] of (wanted as number[]).entries()) {
    const number = given?.[index] ?? 0;
    if (number !== least) return number < least;
  }
  return false;
}
