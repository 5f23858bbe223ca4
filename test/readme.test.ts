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

/** Runs a script in a folder that has these files and the package; resolves to what it prints, and what it has written. */
async function run(
  files: Record<string, string>,
  [script, ...args]: [string, ...string[]],
  written?: string,
) {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-readme-'));
  try {
    for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
    mkdirSync(join(folder, 'node_modules'));
    symlinkSync(root.pathname, join(folder, 'node_modules', 'millrace'));
    const { stdout } = await promisify(execFile)(process.execPath, [script, ...args], { cwd: folder });
    return written === undefined ? stdout : readFileSync(join(folder, written), 'utf8');
  } finally {
    rmSync(folder, { recursive: true });
  }
}

const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');

test('the first example of the README runs as printed', async () => {
  const files = { 'work.mjs': block('work.mjs'), 'main.mjs': block('main.mjs') };
  expect((await run(files, ['main.mjs'])).trim()).toBe(sha256(files['main.mjs']));
});

test('its pipelines run as printed', async () => {
  const files = { a: 'one', b: 'two', 'paths.txt': 'a\nb\n' };
  const digests = `${sha256('one')}\n${sha256('two')}\n`;
  const node = { ...files, 'pipe.mjs': block('pipe.mjs') };
  expect(await run(node, ['pipe.mjs'], 'digests.txt')).toBe(digests);
  const web = { ...files, 'digests.mjs': block('digests.mjs') };
  expect(await run(web, ['digests.mjs', 'a', 'b'])).toBe(digests);
});
