import { readFile } from 'node:fs/promises';
import { basename, dirname, extname, resolve } from 'node:path';
import type { BuildOptions, BuildResult, Loader, PluginBuild } from 'esbuild';
import { replaceCalls, taskCalls } from './task-calls.ts';

export const pluginName = 'millrace';

/** What a build of a program and the builds of its task modules share. */
interface Outputs {
  /** Output name by task module: task modules may name other task modules, and themselves. */
  readonly names: Map<string, string>;
  readonly entries: readonly Entry[];
}

/**
 * The `setup` of the esbuild plugin. esbuild accepts no entries during a build, so task modules are built after the rest.
 *
 * @param outer those of the build within which this one takes place.
 */
export function esbuildSetup(build: PluginBuild, outer?: Outputs): void {
  const { initialOptions: options, esbuild } = build;
  const isModule = options.format === 'esm';
  const end = options.outExtension?.['.js'] ?? '.js';
  const folder = options.outdir ?? (options.outfile === undefined ? '.' : dirname(options.outfile));
  const found = new Map<string, string>();
  const outputs = outer ?? { names: new Map<string, string>(), entries: entriesOf(options) };
  const { names } = outputs;
  const own = { name: pluginName, setup: (inner: PluginBuild) => esbuildSetup(inner, outputs) };
  const url = ({ file }: { readonly file: string }) => {
    const output = JSON.stringify(`./${names.get(file)}${end}`);
    return isModule
      ? `new URL(${output}, import.meta.url)`
      : `require('node:path').join(__dirname, ${output})`;
  };
  build.onStart(() => {
    if (outer === undefined) names.clear();
  });
  build.onResolve({ filter: /^millrace(?:\/|$)/ }, ({ path }) => ({ path, external: true }));
  build.onLoad({ filter: /\.[mc]?[jt]sx?$/ }, async ({ path }) => {
    const code = await readFile(path, 'utf8');
    const calls = taskCalls(code, path);
    if (calls.length === 0) return undefined;
    for (const { file } of calls) {
      if (names.has(file)) continue;
      const name = freeName(file, outputs);
      names.set(file, name);
      found.set(file, name);
    }
    const loader = extname(path).replace(/^\.[mc]?/, '') as Loader;
    return {
      contents: replaceCalls(code, calls, url),
      loader,
      resolveDir: dirname(path),
      watchFiles: calls.map(({ file }) => file),
    };
  });
  build.onEnd(async (result): Promise<Partial<BuildResult>> => {
    if (result.errors.length > 0 || found.size === 0) return {};
    const entryPoints = Object.fromEntries([...found].map(([file, name]) => [name, file]));
    const { outfile: _, stdin: __, ...rest } = options;
    const plugins = options.plugins?.map((plugin) => (plugin.name === pluginName ? own : plugin)) ?? [];
    add(result, await esbuild.build({ ...rest, plugins, entryPoints, outdir: folder, entryNames: '[name]' }));
    return {};
  });
}

/** Adds outputs to the result: with `write: false` the tool that builds (tsup, for example) writes them. */
function add(result: BuildResult, more: BuildResult): void {
  result.outputFiles?.push(...(more.outputFiles ?? []));
  if (result.metafile === undefined || more.metafile === undefined) return;
  Object.assign(result.metafile.inputs, more.metafile.inputs);
  Object.assign(result.metafile.outputs, more.metafile.outputs);
}

/** An entry of the build, and the name of its output. */
interface Entry {
  readonly file: string;
  readonly name: string;
}

/** A pattern is kept as it is: only esbuild knows what it matches. */
function entriesOf({ entryPoints = [], outfile, absWorkingDir = '' }: BuildOptions): Entry[] {
  const points = Array.isArray(entryPoints)
    ? entryPoints.map((each) => (typeof each === 'string' ? { in: each, out: stemOf(each) } : each))
    : Object.entries(entryPoints).map(([out, entry]) => ({ in: entry, out }));
  return points.map((point) => ({
    file: resolve(absWorkingDir, point.in),
    name: outfile === undefined ? basename(point.out) : stemOf(outfile),
  }));
}

/** A name for the output of a task module that no other task module and no other entry has, or may have by a pattern. */
function freeName(file: string, { names, entries }: Outputs): string {
  const taken = new Set(names.values());
  for (const entry of entries)
    if (entry.file !== file) taken.add(entry.name.includes('*') ? stemOf(file) : entry.name);
  const stem = stemOf(file);
  let name = stem;
  for (let n = 2; taken.has(name); n++) name = `${stem}-${n}`;
  return name;
}

const stemOf = (path: string): string => basename(path, extname(path));
