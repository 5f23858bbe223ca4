import { appendFileSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { posix } from 'node:path';
import { build } from 'rolldown';

/*
 * What the package runs: a CommonJS file for each module that is named from outside or by its URL, and what these share in a few
 * more. `require` and `import` get the same file, so that a class is there once whoever asks for it; for `import` an ES module
 * stands before it and hands on its exports.
 *
 * As a hundred small modules the library took 83 instead of 50 ms to import, and 122 instead of 106 ms from there to the first
 * result.
 */
const subpaths = [
  'index',
  'worker',
  'flow/index',
  'tasks/index',
  'server/http',
  'server/fastify',
  'server/express',
  'server/metrics',
  'unplugin/index',
];
/** Where the source of a subpath has another name than what `exports` names in `dist/`. */
const sources = { 'server/metrics': 'metrics/index' };
/**
 * These have to have a version that works, if there is one, when the subpath is imported. Not in the module itself: of a CommonJS
 * module that throws, Node 20 rejects a second promise, which nobody can handle.
 */
const peers = {
  'server/fastify': ['fastify'],
  'server/express': ['express'],
  'server/metrics': ['prom-client', '@opentelemetry/api'],
};
/** `threadModule()` of `package-file` names them, and must stand above them. */
const threadModules = [
  'pool/worker/worker-entry',
  'pool/worker/check-task',
  'tasks/ready-made/hashing',
  'tasks/ready-made/images',
  'tasks/ready-made/passwords',
  'tasks/evaluate',
];

/** Where a bundler makes an ES module of it, there is no `__filename`: it must load all the same, to say what is wrong. */
const fileUrl = `const fileUrl = typeof __filename === 'undefined' ? 'file:///bundle' : require('node:url').pathToFileURL(__filename).href;`;
/**
 * Never called. Tools that trace files follow these, and bundlers do not: they would ask for optional packages that are not there.
 */
const traced = `exports.traced = () => {
  const module = require('node:module');
  const own = module.createRequire(__filename);
${threadModules.map((name) => `  own('./${name}.cjs');\n`).join('')}};
`;

const { output } = await build({
  input: Object.fromEntries(
    [...subpaths, 'cli', 'package-file', 'base/optional-peer', ...threadModules].map((name) => [
      name,
      `src/${sources[name] ?? name}.ts`,
    ]),
  ),
  platform: 'node',
  external: /^[^./]/,
  transform: { define: { 'import.meta.url': 'fileUrl' } },
  output: {
    dir: 'dist',
    format: 'cjs',
    entryFileNames: ({ name }) => (name in peers ? `${name}-unchecked.cjs` : '[name].cjs'),
    chunkFileNames: 'shared-[hash].cjs',
    sourcemap: true,
    intro: ({ name }) => (name === 'package-file' ? fileUrl : ''),
  },
});

appendFileSync('dist/package-file.cjs', `\n${traced}`);

for (const file of readdirSync('dist', { recursive: true, encoding: 'utf8' })) {
  if (!file.endsWith('.d.ts')) continue;
  const types = readFileSync(`dist/${file}`, 'utf8');
  writeFileSync(`dist/${file.replace(/ts$/, 'cts')}`, types.replaceAll(/('\.[^']+)\.ts'/g, "$1.cjs'"));
  rmSync(`dist/${file}`);
}
for (const name of subpaths) {
  const { exports, fileName } = output.find((chunk) => chunk.name === name);
  const own = `./${posix.basename(fileName)}`;
  const hand = `export const { ${exports.join(', ')} } = all;`;
  const needs = peers[name];
  const args = [name.replace('server', 'millrace'), ...(needs ?? [])].map((each) => `'${each}'`).join(', ');
  const check = `checkInstalledPeers(${args});`;
  const checker = '../base/optional-peer.cjs';
  const lines = needs
    ? [`import all from '${own}';`, `import peers from '${checker}';`, `peers.${check}`, hand]
    : [`import all from '${own}';`, hand];
  write(`${name}.js`, ...lines);
  if (needs) write(`${name}.cjs`, `require('${checker}').${check}`, `module.exports = require('${own}');`);
  write(`${name}.d.ts`, `export * from './${posix.basename(name)}.cjs';`);
  const source = sources[name];
  if (source) write(`${name}.d.cts`, `export * from '${posix.relative(posix.dirname(name), source)}.cjs';`);
}
write('cli.js', '#!/usr/bin/env node', `import './cli.cjs';`);

function write(file, ...lines) {
  writeFileSync(`dist/${file}`, `${lines.join('\n')}\n`);
}
