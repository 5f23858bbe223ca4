// Both build a program with its task modules as docs/bundling.md says; the result runs.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';

// As in a program that has installed it: both leave dependencies outside.
const manifest = JSON.parse(readFileSync('package.json', 'utf8'));
writeFileSync('package.json', JSON.stringify({ ...manifest, dependencies: { millrace: '*' } }));

const run = promisify(execFile);
const tsup = ['node_modules/tsup/dist/cli-default.js', '--silent'];
const tsdown = ['node_modules/tsdown/dist/run.mjs', '--log-level', 'error'];
const entries = ['src/main.ts', 'src/work.ts', 'src/more.ts'];
const [major, minor] = process.versions.node.split('.').map(Number);

/** tsdown needs Node 22.18. */
const onNewerNode = (args) =>
  major > 22 || (major === 22 && minor >= 18)
    ? run(process.execPath, args)
    : run('npx', ['--yes', '-p', 'node@24', 'node', ...args]);
const onThis = (args) => run(process.execPath, args);

const builds = {
  'tsup, entries': [onThis, [...tsup, ...entries, '--no-config', '--format', 'esm']],
  'tsup, plugin': [onThis, [...tsup, '--config', 'plugin.tsup.config.mjs', '--format', 'esm']],
  'tsup, plugin, CommonJS': [onThis, [...tsup, '--config', 'plugin.tsup.config.mjs', '--format', 'cjs']],
  'tsup, plugin, both formats': [
    onThis,
    [...tsup, '--config', 'plugin.tsup.config.mjs', '--format', 'esm,cjs'],
  ],
  'tsdown, entries': [onNewerNode, [...tsdown, ...entries, '--no-config', '--no-fixed-extension']],
  'tsdown, plugin': [onNewerNode, [...tsdown, '--config', 'plugin.tsdown.config.mjs']],
  'tsdown, plugin, CommonJS': [
    onNewerNode,
    [...tsdown, '--config', 'plugin.tsdown.config.mjs', '--format', 'cjs'],
  ],
  'tsdown, plugin, both formats': [
    onNewerNode,
    [...tsdown, '--config', 'plugin.tsdown.config.mjs', '--format', 'esm', '--format', 'cjs'],
  ],
};
for (const [name, [node, args]] of Object.entries(builds)) {
  const folder = join('out', name.replaceAll(/\W+/g, '-'));
  await node([...args, '--out-dir', folder]);
  const mains = readdirSync(folder).filter((file) => /^main\.[cm]?js$/.test(file));
  assert.equal(mains.length, name.endsWith('both formats') ? 2 : 1, name);
  for (const main of mains) {
    const { stdout } = await run(process.execPath, [join(folder, main)]);
    assert.equal(stdout.trim(), '42', `${name}: ${main}`);
  }
}
