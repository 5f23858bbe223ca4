import { readFileSync } from 'node:fs';
import { availableParallelism, cpus, loadavg, release, totalmem, type } from 'node:os';

/** What a result file says about where its figures come from. */
export interface Machine {
  readonly cpu: string | undefined;
  readonly cores: number;
  readonly memoryGiB: number;
  readonly system: string;
  readonly node: string;
  readonly v8: string;
  /** Runnable threads in the minute before the run: above 0.5 or so, somebody else was at work too. */
  readonly loadBefore: number | undefined;
  readonly versions: Readonly<Record<string, string>>;
}

export function describeMachine(): Machine {
  return {
    cpu: cpus()[0]?.model,
    cores: availableParallelism(),
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    system: `${type()} ${release()}`,
    node: process.version,
    v8: process.versions.v8,
    loadBefore: loadavg()[0],
    versions: {
      millrace: versionIn('../package.json'),
      ...Object.fromEntries(peers.map((name) => [name, versionIn(`./node_modules/${name}/package.json`)])),
      sharp: versionIn('../node_modules/sharp/package.json'),
    },
  };
}

/** This folder, whether this file runs as it is or compiled into `build/`. */
const bench = new URL(import.meta.url.includes('/bench/build/') ? '../../' : '../', import.meta.url);

const peers = ['piscina', 'tinypool', 'poolifier', 'workerpool', 'p-limit'];

function versionIn(manifest: string): string {
  const text = readFileSync(new URL(manifest, bench), 'utf8');
  return (JSON.parse(text) as { version: string }).version;
}
