import { execFileSync } from 'node:child_process';
import { cpSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const root = fileURLToPath(new URL('../../', import.meta.url));

test('a package without the file that threads begin with says at once what a bundler must do', () => {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-bundled-'));
  try {
    cpSync(join(root, 'dist'), join(folder, 'dist'), { recursive: true });
    rmSync(join(folder, 'dist', 'pool', 'worker', 'worker-entry.cjs'));
    symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'));
    const script = `
      const { Executor, hashing } = { ...require('./dist/index.cjs'), ...require('./dist/tasks/index.cjs') };
      try {
        new Executor();
      } catch ({ code, message }) {
        console.log(JSON.stringify({ code, message }));
      }`;
    const out = execFileSync(process.execPath, ['-e', script], { cwd: folder, encoding: 'utf8' });
    const { code, message } = JSON.parse(out) as { code: string; message: string };
    expect(code).toBe('ERR_MILLRACE_BUNDLED');
    expect(message).toContain('worker-entry.cjs is missing');
    expect(message).toContain('mark millrace as external');
  } finally {
    rmSync(folder, { recursive: true });
  }
});
