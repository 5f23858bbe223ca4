// What runs on Node 20 with tsx runs on 22, 24 and 26; without tsx the error asks for it.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { renameSync } from 'node:fs';

const run = (version, ...args) => {
  const node = ['--yes', '--package', `node@${version}`, 'node', 'tasks.mjs', ...args];
  return JSON.parse(execFileSync('npx', node, { encoding: 'utf8' }));
};
const versions = ['20', '22', '24', '26'];

for (const version of versions) {
  const { 'fails.ts': failed, ...worked } = run(version, 'late');
  assert.match(failed, /^SyntaxError: Expected property name/, 'what a module throws is its own');
  assert.ok(Object.keys(worked).length >= 10);
  for (const [file, outcome] of Object.entries(worked))
    assert.equal(outcome, 42, `${file} on Node ${version}`);
}

renameSync('node_modules/tsx', 'node_modules/not-tsx');
for (const version of versions) {
  const outcomes = run(version);
  for (const file of ['js-for-ts.ts', 'enum.ts', 'once.ts'])
    assert.match(
      outcomes[file],
      /^InvalidTaskError: Node .* does not run the TypeScript .*npm install tsx$/,
      file,
    );
}
