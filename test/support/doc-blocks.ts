import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../../', import.meta.url));

/** The blocks of JavaScript of a page in docs/ (or of the README), in their order. */
export function blocksOf(page: string): string[] {
  const text = readFileSync(join(root, page), 'utf8');
  return [...text.matchAll(/^```js\n([\s\S]*?)^```$/gm)].map(([, code]) => code as string);
}

/**
 * Runs a block as a module of its own in an empty folder that has the built package; resolves to what it prints.
 *
 * @param modules blocks that it imports, each with its file's name as its first line: `// work.mjs`.
 */
export function runBlock(code: string, modules: readonly string[] = []): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-docs-'));
  mkdirSync(join(folder, 'node_modules'));
  symlinkSync(root, join(folder, 'node_modules', 'millrace'));
  writeFileSync(join(folder, 'package.json'), '{ "type": "module" }');
  writeFileSync(join(folder, 'main.mjs'), code);
  for (const module of modules) writeFileSync(join(folder, module.slice(3, module.indexOf('\n'))), module);
  return new Promise((resolve, reject) => {
    execFile(process.execPath, ['main.mjs'], { cwd: folder, timeout: 20_000 }, (error, stdout) => {
      rmSync(folder, { recursive: true });
      if (error === null) resolve(stdout.trim());
      else reject(error);
    });
  });
}
