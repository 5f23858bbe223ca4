import { appendFileSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { posix } from 'node:path';
import { build } from 'rolldown';
import { buildPage } from './src/inspector/page/build.mjs';
import { subpaths } from './subpaths.mjs';
import { threadModules } from './thread-modules.mjs';

/*
 * What the package runs: a CommonJS file for each module that is named from outside or by its URL, and what these share in a few
 * more. `require` and `import` get the same file, so that a class is there once whoever asks for it; for `import` an ES module
 * stands before it and hands on its exports.
 *
 * As a hundred small modules the library took 83 instead of 50 ms to import, and 122 instead of 106 ms from there to the first
 * result.
 */

/**
 * These have to have a version that works, if there is one, when the subpath is imported. Not in the module itself: of a CommonJS
 * module that throws, Node 20 rejects a second promise, which nobody can handle.
 */
const peers = {
  'millrace/fastify': ['fastify'],
  'millrace/express': ['express'],
  'millrace/metrics': ['prom-client', '@opentelemetry/api'],
  'millrace/cluster': ['bullmq', 'ioredis'],
};
/** These can't do without any of these. */
const needed = {
  'millrace/nest': ['@nestjs/common', '@nestjs/core', 'rxjs'],
  'millrace/unplugin': ['unplugin'],
};

const modules = subpaths.map(({ module }) => module);
const checked = subpaths.filter(({ name }) => name in { ...peers, ...needed }).map(({ module }) => module);

/** Where a bundler makes an ES module of it, there is no `__filename`: it must load all the same, to say what is wrong. */
const fileUrl = `const fileUrl = typeof __filename === 'undefined' ? 'file:///bundle' : require('node:url').pathToFileURL(__filename).href;`;
/**
 * Beside `threadModule()`, and never called. Tools that trace files follow these, and bundlers do not: they would ask for optional packages that are not there.
 */
const traced = `exports.traced = () => {
  const module = require('node:module');
  const own = module.createRequire(__filename);
${threadModules.map((name) => `  own('./${name}.cjs');\n`).join('')}};
`;

/** Its file has a name, and lies in `dist/`: the others are found from it. */
const packageFile = { name: 'package-file', test: /[\\/]package-file\.ts$/, priority: 9 };

const options = {
  input: Object.fromEntries(
    [...modules, 'cli', 'base/optional-peer', ...threadModules].map((name) => [name, `src/${name}.ts`]),
  ),
  platform: 'node',
  external: /^[^./]/,
  transform: { define: { 'import.meta.url': 'fileUrl', inspectorPage: JSON.stringify(await buildPage()) } },
  output: {
    dir: 'dist',
    format: 'cjs',
    entryFileNames: ({ name }) => (checked.includes(name) ? `${name}-unchecked.cjs` : '[name].cjs'),
    chunkFileNames: ({ name }) => (name === packageFile.name ? '[name].cjs' : 'shared-[hash].cjs'),
    // The types have the docs, and the code is not minified: comments and maps would be more than half of the package.
    comments: { jsdoc: false },
    intro: ({ name }) => (name === packageFile.name ? fileUrl : ''),
    codeSplitting: { groups: [packageFile] },
  },
};

const apart = await build({ ...options, write: false });
options.output.codeSplitting.groups.push(...sharedWithThreads(apart.output));
const { output } = await build(options);

appendFileSync('dist/package-file.cjs', `\n${traced}`);

const typed = typesFrom(modules);
for (const file of readdirSync('dist', { recursive: true, encoding: 'utf8' })) {
  if (!file.endsWith('.d.ts')) continue;
  if (typed.has(posix.normalize(file.replaceAll('\\', '/')))) {
    const types = readFileSync(`dist/${file}`, 'utf8');
    writeFileSync(`dist/${file.replace(/ts$/, 'cts')}`, types.replaceAll(/('\.[^']+)\.ts'/g, "$1.cjs'"));
  }
  rmSync(`dist/${file}`);
}
for (const { name: subpath, module: name } of subpaths) {
  const { exports, fileName } = output.find((chunk) => chunk.name === name);
  const own = `./${posix.basename(fileName)}`;
  const hand = `export const { ${exports.join(', ')} } = all;`;
  const call = subpath in needed ? 'needPeers' : 'checkInstalledPeers';
  const needs = needed[subpath] ?? peers[subpath];
  const args = [subpath, ...(needs ?? [])].map((each) => `'${each}'`).join(', ');
  const checker = '../base/optional-peer.cjs';
  if (needs) {
    // A module of its own: it has to be through before the packages are asked for.
    write(`${name}-peers.js`, `import peers from '${checker}';`, `peers.${call}(${args});`);
    write(`${name}.js`, `import './${posix.basename(name)}-peers.js';`, `import all from '${own}';`, hand);
    write(`${name}.cjs`, `require('${checker}').${call}(${args});`, `module.exports = require('${own}');`);
  } else {
    write(`${name}.js`, `import all from '${own}';`, hand);
  }
  write(`${name}.d.ts`, `export * from './${posix.basename(name)}.cjs';`);
}
// The command is `cli.cjs`: to start as an ES module takes 10 ms more.
write('cli.js', '#!/usr/bin/env node', `import './cli.cjs';`);

/**
 * The chunks of what threads share with other entries: one for what the first group of `loaders` loads, one for what the second does
 * and the first does not, and so on. By default there is one for each set of entries. A thread loads sixteen files then, and takes longer
 * to find a file than to read it: 101 instead of 93 ms pass from the constructor to the first result.
 *
 * @param chunks as they are by default.
 */
function sharedWithThreads(chunks) {
  const loaders = [['cli', 'flow/index', 'tasks/index', 'unplugin/index'], ['index'], ['worker']];
  const forThreads = loadedBy(chunks, 'pool/worker/worker-entry');
  return loaders.map((names, index) => {
    const shared = new Set(
      names.flatMap((name) => loadedBy(chunks, name).filter((id) => forThreads.includes(id))),
    );
    return { name: `threads-${index}`, priority: loaders.length - index, test: (id) => shared.has(id) };
  });
}

/** The modules that an entry loads, except entries. */
function loadedBy(chunks, name) {
  const loaded = new Set([chunks.find((chunk) => chunk.isEntry && chunk.name === name)]);
  for (const { imports } of loaded)
    for (const file of imports) {
      const chunk = chunks.find(({ fileName }) => fileName === file);
      if (chunk !== undefined) loaded.add(chunk);
    }
  return [...loaded].filter(({ isEntry }) => !isEntry).flatMap(({ moduleIds }) => moduleIds);
}

/** The declaration files that the subpaths lead to. Of the others nobody can ask. */
function typesFrom(names) {
  const found = new Set(names.map((name) => `${name}.d.ts`));
  for (const file of found) {
    const types = readFileSync(`dist/${file}`, 'utf8');
    for (const [, path] of types.matchAll(/(?:from |import\()['"](\.[^'"]+)\.ts['"]/g))
      found.add(posix.join(posix.dirname(file), `${path}.d.ts`));
  }
  return found;
}

function write(file, ...lines) {
  writeFileSync(`dist/${file}`, `${lines.join('\n')}\n`);
}
