// npm run faults: tries the same faults on several pools, and prints what was seen, side by side.
//
//   node bench/faults/main.mjs [--markdown] [CASE…]
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { cases } from './cases.mjs';
import { pools } from './pools.mjs';

const markdown = process.argv.includes('--markdown');
const wanted = process.argv.slice(2).filter((argument) => !argument.startsWith('--'));
const limitMs = 40_000;

/** One case with one pool. Whatever the process does, it ends. */
function observe(pool, name) {
  const reason = cases[name].without?.[pool];
  if (reason !== undefined) return Promise.resolve(`not tried: ${reason}`);
  const child = fileURLToPath(new URL('child.mjs', import.meta.url));
  return new Promise((resolve) => {
    const options = { timeout: limitMs, killSignal: 'SIGKILL' };
    const running = execFile(process.execPath, [child, pool, name], options, (error, stdout) => {
      const line = stdout.split('\n').find((text) => text.startsWith('{"culprit"'));
      if (line !== undefined) resolve(JSON.parse(line));
      else if (error?.killed) resolve(`the process hangs (${limitMs / 1000} s)`);
      else resolve(`the process ends (exit code ${running.exitCode})`);
    });
  });
}

const cell = (seen) =>
  typeof seen === 'string'
    ? seen
    : [
        seen.culprit,
        `${seen.behind}; then ${seen.after}`,
        ...(seen.uncaught === undefined ? [] : [`uncaught in main: ${seen.uncaught}`]),
      ].join(markdown ? '<br>' : '\n                 ');

function version(name) {
  const manifest = name === 'millrace' ? '../../package.json' : `../node_modules/${name}/package.json`;
  return JSON.parse(readFileSync(new URL(manifest, import.meta.url), 'utf8')).version;
}

const names = Object.keys(pools);
const headings = names.map((name) => `${name} ${version(name)}`);
const escape = (text) =>
  text.replaceAll('|', '\\|').replaceAll('<br>', '\0').replaceAll('<', '&lt;').replaceAll('\0', '<br>');

console.log(`Node ${process.versions.node}, one thread, one process for each cell\n`);
if (markdown) {
  console.log(`| | ${headings.join(' | ')} |`);
  console.log(`|---|${names.map(() => '---|').join('')}`);
}
for (const name of wanted.length > 0 ? wanted : Object.keys(cases)) {
  const seen = [];
  for (const pool of names) seen.push(await observe(pool, name));
  if (markdown)
    console.log(`| ${cases[name].title} | ${seen.map((each) => escape(cell(each))).join(' | ')} |`);
  else {
    console.log(cases[name].title);
    for (const [index, each] of seen.entries()) console.log(`  ${names[index].padEnd(13)}  ${cell(each)}`);
    console.log();
  }
}
