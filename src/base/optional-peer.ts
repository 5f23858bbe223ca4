import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { PeerError } from './errors.ts';
import { here } from '../package-file.ts';

/** Optional peer dependencies, with the oldest version that works. package.json does not name these versions: npm would refuse to install. */
const oldest = {
  '@nestjs/common': '10',
  '@nestjs/core': '10',
  '@node-rs/argon2': '2',
  '@opentelemetry/api': '1.9',
  bullmq: '6.7',
  echarts: '6',
  express: '4',
  fastify: '5',
  'hash-wasm': '4.12',
  ioredis: '5.11',
  'prom-client': '15',
  rxjs: '7',
  sharp: '0.34',
  unplugin: '2',
} as const;

export type Peer = keyof typeof oldest;

/**
 * Loads an optional peer dependency when it is first needed. An error that the package itself throws is passed on as it is.
 *
 * @param feature what needs the package, for the message.
 * @throws {PeerError} if the package is missing or too old.
 */
export async function optionalPeer<M>(name: Peer, feature: string, load: () => Promise<M>): Promise<M> {
  const found = installedVersion(name, here);
  if (found !== undefined) checkPeerVersion(name, feature, found);
  try {
    return await load();
  } catch (cause) {
    throw found === undefined && !resolves(name) ? missing(name, feature, cause) : cause;
  }
}

/** `optionalPeer()` without a promise, for a module that can't wait. */
export function requirePeer(name: Peer, feature: string): unknown {
  const found = installedVersion(name, here);
  if (found !== undefined) checkPeerVersion(name, feature, found);
  try {
    return createRequire(here)(name);
  } catch (cause) {
    throw found === undefined && !resolves(name) ? missing(name, feature, cause) : cause;
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
 * Checks, when a subpath is imported, that of the packages it serves at least one installed version is recent enough. It looks where
 * this package finds them and where the program finds them; the two differ while a monorepo moves from one version to the next.
 *
 * @throws {PeerError} for the first installed package, if all are too old.
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

/**
 * Checks the packages that a subpath can't do without, before the subpath is loaded.
 *
 * @throws {PeerError} for the first package that is missing or too old.
 */
export function needPeers(feature: string, ...names: Peer[]): void {
  for (const name of names) {
    const found = installedVersion(name, here);
    if (found !== undefined) checkPeerVersion(name, feature, found);
    else if (!resolves(name)) throw missing(name, feature, undefined);
  }
}

/** Can the package be resolved? With Plug'n'Play a package lies in no folder, and its version can't be read. */
function resolves(name: string): boolean {
  try {
    createRequire(here).resolve(name);
    return true;
  } catch (error) {
    // The package is there, and exports itself to `import` only.
    return (error as NodeJS.ErrnoException).code === 'ERR_PACKAGE_PATH_NOT_EXPORTED';
  }
}

/** @throws {PeerError} if this version is too old. */
export function checkPeerVersion(name: Peer, feature: string, found: string): void {
  if (!isOlder(found, oldest[name])) return;
  const wanted = `>=${oldest[name]}`;
  const message = `${feature} needs ${name} ${wanted}, but ${found} is installed: npm install ${name}@latest`;
  throw new PeerError(message, { package: name, found, wanted });
}

/** The version that an import from this place finds; undefined if there is none, or if the version can't be read. */
function installedVersion(name: string, from: string | undefined): string | undefined {
  if (from === undefined) return undefined;
  try {
    for (const folder of createRequire(from).resolve.paths(name) ?? []) {
      const version = versionIn(join(folder, name, 'package.json'));
      if (version !== undefined) return version;
    }
    if (process.versions.pnp !== undefined)
      return versionIn(createRequire(from).resolve(`${name}/package.json`));
  } catch {
    // The code is bundled, or `createRequire` does not accept the path.
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

/** @internal Compares the numbers from the left; a prerelease counts as its release. */
export function isOlder(version: string, than: string): boolean {
  const [given, wanted] = [version, than].map((each) => each.split('.').map((part) => parseInt(part, 10)));
  for (const [index, least] of (wanted as number[]).entries()) {
    const number = given?.[index] ?? 0;
    if (number !== least) return number < least;
  }
  return false;
}
