import { readFile } from 'node:fs/promises';
import { basename, dirname, extname } from 'node:path';
import type { BuildResult, Loader, PluginBuild } from 'esbuild';
import { replaceCalls, taskCalls } from './task-calls.ts';

/** The `setup` of the esbuild plugin. esbuild accepts no entries during a build, so task modules are built after the rest. */
export function esbuildSetup(): (build: PluginBuild) => void {
  /** Output name by task module. Kept over the builds of one run: task modules may name other task modules, and themselves. */
  const names = new Map<string, string>();
  let depth = 0;

  return (build) => {
    const { initialOptions: options, esbuild } = build;
    const isModule = options.format === 'esm';
    const end = options.outExtension?.['.js'] ?? '.js';
    const folder = options.outdir ?? (options.outfile === undefined ? '.' : dirname(options.outfile));
    const found = new Map<string, string>();
    const url = ({ file }: { readonly file: string }) => {
      const output = JSON.stringify(`./${names.get(file)}${end}`);
      return isModule
        ? `new URL(${output}, import.meta.url)`
        : `require('node:path').join(__dirname, ${output})`;
    };
    build.onStart(() => {
      if (depth === 0) names.clear();
    });
    build.onResolve({ filter: /^millrace(?:\/|$)/ }, ({ path }) => ({ path, external: true }));
    build.onLoad({ filter: /\.[mc]?[jt]sx?$/ }, async ({ path }) => {
      const code = await readFile(path, 'utf8');
      const calls = taskCalls(code, path);
      if (calls.length === 0) return undefined;
      for (const { file } of calls) {
        if (names.has(file)) continue;
        const name = freeName(basename(file, extname(file)), names);
        names.set(file, name);
        found.set(file, name);
      }
      const loader = extname(path).replace(/^\.[mc]?/, '') as Loader;
      return {
        contents: replaceCalls(code, calls, url),
        loader,
        resolveDir: dirname(path),
      };
    });
    build.onEnd(async (result): Promise<Partial<BuildResult>> => {
      if (result.errors.length > 0 || found.size === 0) return {};
      const entryPoints = Object.fromEntries([...found].map(([file, name]) => [name, file]));
      const { outfile: _, stdin: __, ...rest } = options;
      depth++;
      try {
        const own = await esbuild.build({ ...rest, entryPoints, outdir: folder, entryNames: '[name]' });
        add(result, own);
      } finally {
        depth--;
      }
      return {};
    });
  };
}

/** Adds outputs to the result: with `write: false` the tool that builds (tsup, for example) writes them. */
function add(result: BuildResult, more: BuildResult): void {
  result.outputFiles?.push(...(more.outputFiles ?? []));
  if (result.metafile === undefined || more.metafile === undefined) return;
  Object.assign(result.metafile.inputs, more.metafile.inputs);
  Object.assign(result.metafile.outputs, more.metafile.outputs);
}

function freeName(stem: string, names: ReadonlyMap<string, string>): string {
  const taken = new Set(names.values());
  let name = stem;
  for (let n = 2; taken.has(name); n++) name = `${stem}-${n}`;
  return name;
}
