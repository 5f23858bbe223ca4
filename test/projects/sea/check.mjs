// The executable runs its tasks in threads.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';

execFileSync(process.execPath, ['build.mjs'], { stdio: 'pipe' });
assert.equal(execFileSync('app/program', { encoding: 'utf8' }).trim(), '42');
