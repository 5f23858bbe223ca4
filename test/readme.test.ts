import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { createHash } from 'node:crypto';
import { expect, test } from 'vitest';

const root = new URL('..', import.meta.url);
const readme = readFileSync(new URL('README.md', root), 'utf8');

/** The code block that begins with this comment line. */
function block(name: string): string {
  const found = new RegExp(`\`\`\`js\\n(// ${name}\\n[\\s\\S]*?)\`\`\``).exec(readme);
  if (found?.[1] === undefined) throw new Error(`README.md has no block for ${name}`);
  return found[1];
}

test('the first example of the README runs as printed', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-readme-'));
  try {
    for (const name of ['work.mjs', 'main.mjs']) writeFileSync(join(folder, name), block(name));
    mkdirSync(join(folder, 'node_modules'));
    symlinkSync(root.pathname, join(folder, 'node_modules', 'millrace'));
    const { stdout } = await promisify(execFile)(process.execPath, ['main.mjs'], { cwd: folder });
    expect(stdout.trim()).toBe(createHash('sha256').update(block('main.mjs')).digest('hex'));
  } finally {
    rmSync(folder, { recursive: true });
  }
});
