// The library runs on Node 20 to 26, Bun and Deno; the command line ends on each of them, too.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';

const node = (version) => ['npx', '--yes', '--package', `node@${version}`, 'node'];
const runtimes = {
  'Node 20': node('20'),
  'Node 22': node('22'),
  'Node 24': node('24'),
  'Node 26': node('26'),
  Bun: ['npx', '--no-install', 'bun'],
  Deno: ['npx', '--no-install', 'deno', 'run', '--allow-all'],
};
const cli = 'node_modules/millrace/dist/cli.js';
const digest = createHash('sha256').update(readFileSync('work.js')).digest('hex');

const failures = [];
for (const [name, [command, ...args]] of Object.entries(runtimes)) {
  const run = (...words) => execFileSync(command, [...args, ...words], { encoding: 'utf8', timeout: 60_000 });
  try {
    assert.match(run('main.js'), /^ok$/m);
    assert.equal(run(cli, 'hash', 'work.js'), `${digest}  work.js\n`);
  } catch (error) {
    failures.push(`${name}: ${error.message}\n${error.stderr ?? ''}`);
  }
}
assert.deepEqual(failures, []);
