/*
 * Installs the packed package into copies of the projects beside this file, as its users do, and runs their tests.
 *
 *   node test/projects/run.mjs [--all] [NAME…]     expects dist/ to be built
 *
 * A project has a package.json with a lock file of its own, and a script "test". `"slow": true` there keeps it out of a run without
 * `--all` or its name.
 */
import { spawn } from 'node:child_process';
import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const here = fileURLToPath(new URL('.', import.meta.url));
const root = join(here, '..', '..');
const names = process.argv.slice(2).filter((word) => word !== '--all');
const all = process.argv.includes('--all');
/** Nothing is reported to anybody, and nothing fetched but packages. */
const quiet = {
  CI: '1',
  DO_NOT_TRACK: '1',
  NEXT_TELEMETRY_DISABLED: '1',
  NITRO_TELEMETRY_DISABLED: '1',
  NUXT_TELEMETRY_DISABLED: '1',
  npm_config_audit: 'false',
  npm_config_fund: 'false',
  npm_config_prefer_offline: 'true',
  npm_config_update_notifier: 'false',
  npm_config_loglevel: 'error',
};
const { npm_config_prefix: _, ...own } = process.env;
const env = { ...own, ...quiet };

/** Resolves to what a command prints; rejects with it, if the command fails. */
function run(command, args, cwd, environment = env) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { cwd, env: environment, stdio: ['ignore', 'pipe', 'pipe'] });
    const output = [];
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => output.push(chunk));
    child.on('error', reject);
    child.on('close', (code) => {
      const text = Buffer.concat(output).toString();
      if (code === 0) resolve(text);
      else reject(new Error(`${command} ${args.join(' ')} ended with ${code}:\n${text}`));
    });
  });
}

const manifestOf = (name) => JSON.parse(readFileSync(join(here, name, 'package.json'), 'utf8'));
const projects = readdirSync(here).filter((name) => existsSync(join(here, name, 'package.json')));
for (const name of names) if (!projects.includes(name)) throw new Error(`there is no project '${name}'`);
const chosen = names.length > 0 ? names : projects.filter((name) => all || manifestOf(name).slow !== true);

const folder = mkdtempSync(join(tmpdir(), 'millrace-projects-'));
let failures = 0;
try {
  const pack = ['pack', '--silent', '--ignore-scripts', '--pack-destination', folder];
  const tarball = join(folder, (await run('npm', pack, root)).trim());
  const waiting = [...chosen];
  const work = async () => {
    for (let name = waiting.shift(); name !== undefined; name = waiting.shift()) await test(name, tarball);
  };
  await Promise.all([work(), work()]);
} finally {
  rmSync(folder, { recursive: true, force: true });
}
process.exitCode = failures === 0 ? 0 : 1;

async function test(name, tarball) {
  const started = performance.now();
  const project = join(folder, name);
  cpSync(join(here, name), project, { recursive: true });
  try {
    if (existsSync(join(project, 'package-lock.json'))) await run('npm', ['ci'], project);
    await run('npm', ['install', '--no-save', tarball], project);
    await run('npm', ['test'], project, { ...env, MILLRACE_TARBALL: tarball });
    console.log(`${name}: ok, ${((performance.now() - started) / 1000).toFixed(0)} s`);
  } catch (error) {
    failures++;
    console.error(`${name}: failed\n${error.message}`);
  }
  rmSync(project, { recursive: true, force: true });
}
