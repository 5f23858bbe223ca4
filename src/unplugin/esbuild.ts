import { readFile } from 'node:fs/promises';
import { basename, dirname, extname } from 'node:path';
import type { BuildResult, Loader, PluginBuild } from 'esbuild';
import { replaceCalls, taskCalls } from './task-calls.ts';

/** Where a plugin of esbuild finds it: esbuild can't be given entries while it builds, so task modules are built after the rest. */
export function esbuildSetup(): (build: PluginBuild) => void {
  /** By task module, the name of its output. Kept over the builds of one run: task modules may name others, and themselves. */
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
    build.onEnd(async ({ errors }): Promise<Partial<BuildResult>> => {
      if (errors.length > 0 || found.size === 0) return {};
      const entryPoints = Object.fromEntries([...found].map(([file, name]) => [name, file]));
      const { outfile: _, stdin: __, ...rest } = options;
      depth++;
      try {
        await esbuild.build({ ...rest, entryPoints, outdir: folder, entryNames: '[name]' });
      } finally {
        depth--;
      }
      return {};
    });
  };
}

function freeName(stem: string, names: ReadonlyMap<string, string>): string {
  const taken = new Set(names.values());
  let name = stem;
  for (let n = 2; taken.has(name); n++) name = `${stem}-${n}`;
  return name;
}
