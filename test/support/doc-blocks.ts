import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { patienceMs } from './patience.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));

/** The blocks of JavaScript, or of another language, of a page in docs/ (or of the README), in their order. */
export function blocksOf(page: string, language = 'js'): string[] {
  const text = readFileSync(join(root, page), 'utf8');
  const block = new RegExp(`^\`\`\`${language}\\n([\\s\\S]*?)^\`\`\`$`, 'gm');
  return [...text.matchAll(block)].map(([, code]) => code as string);
}

/** An empty folder with the built package, other packages that are installed here, and a block as `main.mjs`. */
export function folderWith(code: string, packages: readonly string[] = []): string {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-docs-'));
  const modules = join(folder, 'node_modules');
  mkdirSync(modules);
  symlinkSync(root, join(modules, 'millrace'));
  for (const name of packages) {
    mkdirSync(dirname(join(modules, name)), { recursive: true });
    symlinkSync(join(root, 'node_modules', name), join(modules, name));
  }
  writeFileSync(join(folder, 'package.json'), '{ "type": "module" }');
  writeFileSync(join(folder, 'main.mjs'), code);
  return folder;
}

/**
 * Runs a block as a module of its own in such a folder; resolves to what it prints.
 *
 * @param modules blocks that it imports, each with its file's name as its first line: `// work.mjs`.
 */
export function runBlock(code: string, modules: readonly string[] = []): Promise<string> {
  const folder = folderWith(code);
  for (const module of modules) writeFileSync(join(folder, module.slice(3, module.indexOf('\n'))), module);
  return new Promise((resolve, reject) => {
    execFile(process.execPath, ['main.mjs'], { cwd: folder, timeout: patienceMs }, (error, stdout) => {
      rmSync(folder, { recursive: true });
      if (error === null) resolve(stdout.trim());
      else reject(error);
    });
  });
}
