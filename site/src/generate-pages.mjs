import { spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { channels, errorCodes } from './texts.mjs';

/** Pages that are made of the source: the command line's, codes and channels, and the list for language models. */
export async function generatePages(root, to) {
  mkdirSync(join(to, 'reference'), { recursive: true });
  mkdirSync(join(to, 'public'), { recursive: true });
  writeFileSync(join(to, 'reference', 'command-line.md'), commandLine(root));
  writeFileSync(join(to, 'reference', 'errors.md'), codesPage(sourceOf(root)));
  writeFileSync(join(to, 'reference', 'channels.md'), channelsPage(sourceOf(root)));
  writeFileSync(join(to, 'public', 'llms.txt'), llms(to));
}

/** The table of commands is TypeScript, which not every Node reads by itself. */
function commandLine(root) {
  const script =
    "import { markdownReference } from './src/cli/about/markdown.ts'; process.stdout.write(markdownReference());";
  const args = ['--import', 'tsx', '--input-type=module', '--eval', script];
  const { status, stdout, stderr } = spawnSync(process.execPath, args, { cwd: root, encoding: 'utf8' });
  if (status !== 0) throw new Error(`the table of commands can't be read: ${stderr}`);
  return stdout;
}

export function sourceOf(root) {
  return readdirSync(join(root, 'src'), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts') && !file.startsWith('cli'))
    .map((file) => readFileSync(join(root, 'src', file), 'utf8'))
    .join('\n');
}

/** What the source names and no text explains, or the other way round, fails the build. */
function explained(found, texts, what) {
  const names = [...new Set(found)].toSorted();
  const missing = names.filter((name) => !Object.hasOwn(texts, name));
  const stale = Object.keys(texts).filter((name) => !names.includes(name));
  if (missing.length > 0)
    throw new Error(`${what} without a text in site/src/texts.mjs: ${missing.join(', ')}`);
  if (stale.length > 0) throw new Error(`${what} that are gone: ${stale.join(', ')}`);
  return names.map((name) => `| \`${name}\` | ${texts[name]} |`).join('\n');
}

/** Codes that Node throws, and the source only recognises. */
const nodesOwn =
  /^ERR_(?:MODULE_NOT_FOUND|PACKAGE_|UNKNOWN_FILE|UNSUPPORTED_|WORKER_|INVALID_TYPESCRIPT|REQUIRE_|METHOD_|NETWORK_|INVALID_MODULE|INVALID_PACKAGE|IMPORT_)/;

export const codesIn = (source) =>
  [...source.matchAll(/['`](ERR_[A-Z_0-9]*[A-Z0-9])['`]/g)]
    .map(([, code]) => code)
    .filter((code) => !nodesOwn.test(code));

function codesPage(source) {
  const rows = explained(codesIn(source), errorCodes, 'error codes');
  return `# Error codes\n\nEach is the \`code\` of an error. What a task throws keeps its own; errors of Node and the platform keep theirs.\n\n| code | meaning |\n|---|---|\n${rows}\n`;
}

export const channelsIn = (source) =>
  [...source.matchAll(/['`](millrace:[a-z]+:[a-z:]+)['`]/g)].map(([, name]) => name);

function channelsPage(source) {
  const rows = explained(channelsIn(source), channels, 'channels');
  return `# Channels\n\nOf \`node:diagnostics_channel\`. They cost nothing as long as nothing subscribes.\n\n| channel | published |\n|---|---|\n${rows}\n`;
}

function llms(to) {
  const pages = readdirSync(to, { recursive: true, encoding: 'utf8' })
    .map((file) => file.replaceAll('\\', '/'))
    .filter((file) => file.endsWith('.md') && file !== 'index.md')
    .toSorted();
  const lines = pages.map((file) => {
    const [, title = file] = /^# (.+)$/m.exec(readFileSync(join(to, file), 'utf8')) ?? [];
    // As the site's configuration renames it.
    const page = file === 'README.md' ? 'overview' : file.replace(/\.md$/, '');
    return `- [${title}](/${page}.html)`;
  });
  return `# Millrace\n\n> A bounded worker-thread executor for CPU-bound work on Node.js.\n\n## Pages\n\n${lines.join('\n')}\n`;
}
