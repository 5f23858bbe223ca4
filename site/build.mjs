import { spawnSync } from 'node:child_process';
import { rmSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { copyPages } from './src/copy-pages.mjs';
import { generatePages } from './src/generate-pages.mjs';

/*
 * The site: the pages of the repository where they stand there, those of this folder, and what is generated from the types, the
 * table of commands and the source. A dead link fails the build.
 */

const here = fileURLToPath(new URL('.', import.meta.url));
const generated = `${here}.generated`;

rmSync(generated, { recursive: true, force: true });
copyPages(`${here}..`, generated);
run('typedoc', '--options', 'typedoc.config.mjs');
await generatePages(`${here}..`, generated);
run('vitepress', 'build', '.');

function run(command, ...args) {
  const { status } = spawnSync(`${here}node_modules/.bin/${command}`, args, { cwd: here, stdio: 'inherit' });
  if (status !== 0) process.exit(status ?? 1);
}
