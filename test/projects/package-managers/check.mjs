// pnpm, whose node_modules has only what a program names, and Yarn, which has none at all (Plug'n'Play).
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, writeFileSync } from 'node:fs';

const env = { ...process.env, YARN_ENABLE_TELEMETRY: '0' };
const managers = {
  pnpm: { install: ['-p', 'pnpm@10', 'pnpm', 'install', '--silent'], flags: [] },
  yarn: {
    install: ['-p', '@yarnpkg/cli-dist@4', 'yarn', 'install', '--no-immutable'],
    flags: ['--require', './.pnp.cjs', '--loader', './.pnp.loader.mjs'],
  },
};
const dependencies = {
  express: '^4.0.0',
  fastify: '^4.0.0',
  millrace: `file:${process.env.MILLRACE_TARBALL}`,
};
for (const [name, { install, flags }] of Object.entries(managers)) {
  mkdirSync(name);
  writeFileSync(
    `${name}/package.json`,
    JSON.stringify({ name, private: true, type: 'module', dependencies }),
  );
  if (name === 'yarn') writeFileSync('yarn/yarn.lock', '');
  for (const file of ['main.js', 'work.js']) cpSync(file, `${name}/${file}`);
  execFileSync('npx', ['--yes', ...install], { cwd: name, env, stdio: 'pipe' });
  const run = (file) => execFileSync(process.execPath, [...flags, file], { cwd: name, encoding: 'utf8' });
  assert.match(run('main.js'), /^ok$/m, name);
}
