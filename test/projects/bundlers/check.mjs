// Each bundler builds a program with a task module that submits tasks of another, as docs/bundling.md says; the result runs.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { EventEmitter, once } from 'node:events';
import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { promisify } from 'node:util';
import { nodeFileTrace } from '@vercel/nft';
import * as esbuild from 'esbuild';
import { taskModules } from 'millrace/unplugin';
import { rolldown } from 'rolldown';
import { rollup } from 'rollup';
import * as vite from 'vite';
import webpack from 'webpack';

const external = [/^millrace(\/|$)/];
const entries = { main: 'src/main.js', work: 'src/work.js', more: 'src/more.js' };

/** Runs a program that should print 42; resolves to what it prints otherwise. */
async function outcomeOf(file, cwd = '.') {
  const run = promisify(execFile)(process.execPath, [file], { cwd });
  const { stdout, stderr } = await run.catch((error) => error);
  return stdout.trim() === '42' ? 'ok' : `${stdout}${stderr}`;
}

const builds = {
  'esbuild, entries': async (outdir) => {
    const options = { bundle: true, platform: 'node', format: 'esm', external: ['millrace'] };
    await esbuild.build({ ...options, entryPoints: Object.values(entries), outdir });
  },
  'esbuild, plugin': async (outdir) => {
    const options = { bundle: true, platform: 'node', format: 'esm', plugins: [taskModules.esbuild()] };
    await esbuild.build({ ...options, entryPoints: ['src/main.js'], outdir });
  },
  'esbuild, plugin, CommonJS': async (outdir) => {
    const options = { bundle: true, platform: 'node', format: 'cjs', plugins: [taskModules.esbuild()] };
    await esbuild.build({ ...options, entryPoints: ['src/main.js'], outdir });
    writeFileSync(join(outdir, 'package.json'), '{}');
  },
  'esbuild, plugin, a task module with the name of its entry': async (outdir) => {
    const options = { bundle: true, platform: 'node', format: 'esm', plugins: [taskModules.esbuild()] };
    await esbuild.build({ ...options, entryPoints: ['src/same-name/main.js'], outdir });
  },
  'Rollup, entries': async (dir) => {
    await (await rollup({ input: entries, external })).write({ dir });
  },
  'Rollup, plugin': async (dir) => {
    await (await rollup({ input: 'src/main.js', plugins: [taskModules.rollup()] })).write({ dir });
  },
  'Rollup, plugin, CommonJS': async (dir) => {
    const build = await rollup({ input: 'src/main.js', plugins: [taskModules.rollup()] });
    await build.write({ dir, format: 'cjs' });
    writeFileSync(join(dir, 'package.json'), '{}');
  },
  'Rollup, plugin, all in one file but the task modules': async (dir) => {
    const build = await rollup({ input: 'src/main.js', plugins: [taskModules.rollup()] });
    await build.write({ dir, inlineDynamicImports: true });
  },
  'Rollup, plugin, entries without their exports': async (dir) => {
    const options = { input: 'src/main.js', preserveEntrySignatures: false };
    await (await rollup({ ...options, plugins: [taskModules.rollup()] })).write({ dir });
  },
  'Rolldown, plugin, entries without their exports': async (dir) => {
    const options = { input: 'src/main.js', platform: 'node', preserveEntrySignatures: false };
    await (await rolldown({ ...options, plugins: [taskModules.rolldown()] })).write({ dir });
  },
  'Rolldown, entries': async (dir) => {
    await (await rolldown({ input: entries, external, platform: 'node' })).write({ dir });
  },
  'Rolldown, plugin': async (dir) => {
    const plugins = [taskModules.rolldown()];
    await (await rolldown({ input: 'src/main.js', platform: 'node', plugins })).write({ dir });
  },
  'Vite SSR, entries': async (outDir) => {
    const rolldownOptions = { input: entries, output: { entryFileNames: '[name].js' } };
    await vite.build({ configFile: false, logLevel: 'error', build: { ssr: true, outDir, rolldownOptions } });
  },
  'Vite SSR, plugin': async (outDir) => {
    const plugins = [taskModules.vite()];
    await vite.build({
      configFile: false,
      logLevel: 'error',
      plugins,
      build: { ssr: 'src/main.js', outDir },
    });
  },
  'webpack, entries': async (outdir) => {
    const path = join(import.meta.dirname, outdir);
    const config = {
      mode: 'production',
      target: 'node20',
      entry: Object.fromEntries(Object.entries(entries).map(([name, file]) => [name, `./${file}`])),
      externals: [/^millrace(\/|$)/],
      externalsType: 'module',
      experiments: { outputModule: true },
      output: {
        path,
        module: true,
        filename: '[name].js',
        library: { type: 'module' },
        chunkFormat: 'module',
      },
      // Leave `new URL(…, import.meta.url)` as it is: the task modules are entries.
      module: { parser: { javascript: { url: false, importMeta: false } } },
    };
    await pack(config);
  },
  'webpack, plugin': (outdir) =>
    pack(webpackWithPlugin(outdir, { output: { filename: 'main.js', ...asModule } })),
  'webpack, plugin, CommonJS': async (outdir) => {
    await pack(webpackWithPlugin(outdir, { output: { filename: 'main.js' } }));
    writeFileSync(join(outdir, 'package.json'), '{}');
  },
  'webpack, plugin, chunks, from its cache': async (outdir) => {
    const optimization = { runtimeChunk: 'single', splitChunks: { chunks: 'all', minSize: 0 } };
    const cache = { type: 'filesystem', cacheDirectory: join(import.meta.dirname, 'cache') };
    const config = () =>
      webpackWithPlugin(outdir, { output: { filename: '[name].js' }, optimization, cache });
    await pack(config());
    rmSync(outdir, { recursive: true });
    await pack(config());
    writeFileSync(join(outdir, 'package.json'), '{}');
  },
  ncc: async (outdir) => {
    for (const name of ['main', 'work', 'more'])
      await node(
        'node_modules/@vercel/ncc/dist/ncc/cli.js',
        'build',
        `src/${name}.js`,
        '--external',
        'millrace',
        '--external',
        'millrace/worker',
        '--out',
        `${outdir}/${name}`,
      );
    // ncc names the task module by its absolute path, and copies its source: what the entry has built takes its place.
    for (const name of ['work', 'more']) cpSync(`${outdir}/${name}/index.js`, `${outdir}/main/${name}.js`);
    cpSync(`${outdir}/main`, outdir, { recursive: true });
    cpSync(join(outdir, 'index.js'), join(outdir, 'main.js'));
  },
};

const asModule = { module: true, library: { type: 'module' }, chunkFormat: 'module' };
const webpackWithPlugin = (outdir, { output, ...options }) => ({
  mode: 'production',
  target: 'node20',
  entry: { main: './src/main.js' },
  experiments: { outputModule: output.module === true },
  output: { path: join(import.meta.dirname, outdir), ...output },
  plugins: [taskModules.webpack()],
  ...options,
});
const node = (...args) => promisify(execFile)(process.execPath, args);
const pack = (config) =>
  new Promise((resolve, reject) => {
    const compiler = webpack(config, (error, stats) => {
      if (error || stats.hasErrors()) reject(error ?? new Error(stats.toString('errors-only')));
      else compiler.close(() => resolve()); // which writes its cache
    });
  });

let failed = 0;
for (const [name, build] of Object.entries(builds)) {
  const folder = join('out', name.replaceAll(/\W+/g, '-'));
  let outcome;
  try {
    await build(folder);
    outcome = await outcomeOf(join(folder, 'main.js'));
  } catch (error) {
    outcome = error.stack;
  }
  if (outcome !== 'ok') {
    failed++;
    console.error(`${name}: ${outcome}`);
  }
}
assert.equal(failed, 0);

// What traces files (Nitro, Next.js, Vercel) takes along all that the threads load.
const { fileList } = await nodeFileTrace(['src/main.js', 'src/work.js', 'src/more.js']);
for (const file of fileList) {
  mkdirSync(join('traced', file, '..'), { recursive: true });
  cpSync(file, join('traced', file), { recursive: true });
}
assert.equal(await outcomeOf('src/main.js', 'traced'), 'ok');
assert.ok(fileList.has('node_modules/millrace/dist/tasks/ready-made/hashing.cjs'));

// Whoever writes what a build returns (tsup, say) gets the task modules, too.
const returned = await esbuild.build({
  entryPoints: ['src/main.js'],
  outdir: 'returned',
  bundle: true,
  platform: 'node',
  format: 'esm',
  write: false,
  metafile: true,
  plugins: [taskModules.esbuild()],
});
assert.deepEqual(returned.outputFiles.map(({ path }) => basename(path)).sort(), [
  'main.js',
  'more.js',
  'work.js',
]);
assert.ok('returned/more.js' in returned.metafile.outputs);

// In watch mode an edit of a task module is a reason to build.
cpSync('src', 'watched', { recursive: true });
const watcher = new EventEmitter();
const watching = await esbuild.context({
  entryPoints: ['watched/main.js'],
  outdir: 'watching',
  bundle: true,
  platform: 'node',
  format: 'esm',
  plugins: [
    taskModules.esbuild(),
    {
      name: 'built',
      setup({ initialOptions, onEnd }) {
        // The task modules are built within the build of the program.
        if (Array.isArray(initialOptions.entryPoints)) onEnd(() => void watcher.emit('built'));
      },
    },
  ],
});
const built = () => once(watcher, 'built', { signal: AbortSignal.timeout(30_000) });
await Promise.all([built(), watching.watch()]);
const rebuilt = built();
writeFileSync(join('watched', 'work.js'), 'export const double = () => 43;');
await rebuilt;
await watching.dispose();
assert.match(readFileSync(join('watching', 'work.js'), 'utf8'), /43/);

// With the package taken in, the constructor says what to do.
const inside = { bundle: true, platform: 'node', entryPoints: ['src/inside.js'] };
await esbuild.build({ ...inside, format: 'cjs', outfile: 'in/esbuild.cjs', logLevel: 'error' });
assert.match(await outcomeOf('in/esbuild.cjs'), /mark millrace as external/);
// For an old target, too: esbuild moves private methods out of their classes that share a name with a private field which
// another class looks for (`#job in value`), and their fields can't be read there.
for (const target of ['node16', 'node14', 'es2020', 'es2022']) {
  await esbuild.build({ ...inside, format: 'cjs', outfile: 'in/old.cjs', logLevel: 'error', target });
  assert.match(await outcomeOf('in/old.cjs'), /mark millrace as external/, target);
}
const { outputFiles } = await esbuild.build({ ...inside, format: 'esm', write: false, logLevel: 'error' });
const banner = `import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);\n`;
writeFileSync('in/esbuild.mjs', banner + outputFiles[0].text);
assert.match(await outcomeOf('in/esbuild.mjs'), /mark millrace as external/);
const webpacked = {
  mode: 'production',
  target: 'node20',
  entry: './src/inside.js',
  output: { path: join(import.meta.dirname, 'in'), filename: 'webpack.cjs' },
};
await pack(webpacked);
assert.match(await outcomeOf('in/webpack.cjs'), /mark millrace as external/);
await (await rolldown({ input: 'src/inside.js', platform: 'node' })).write({ dir: 'in/rolldown' });
assert.match(await outcomeOf('in/rolldown/inside.js'), /mark millrace as external/);

// A task module that is no entry is told with what is there by a name like it.
await esbuild.build({
  ...inside,
  entryPoints: ['src/main.js'],
  format: 'esm',
  external: ['millrace'],
  outfile: 'near/main.mjs',
});
writeFileSync('near/work.mjs', 'export {};');
assert.match(
  await outcomeOf('near/main.mjs'),
  /no module at .*work\.js \(there is work\.mjs\); a bundler .* as an entry/,
);
