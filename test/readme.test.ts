import { execFile } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { createHash } from 'node:crypto';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

const root = fileURLToPath(new URL('..', import.meta.url));
const textOf = (page: string) => readFileSync(join(root, page), 'utf8');
const readme = textOf('README.md');

/** Its fenced blocks, in their order. */
const blocks = [...readme.matchAll(/^```(\w+)\n([\s\S]*?)^```$/gm)].map(([, language, text]) => ({
  language,
  text: text as string,
}));
const commands = blocks.filter(({ language }) => language === 'sh').map(({ text }) => text.trim());
const modules = blocks.filter(({ language }) => language === 'js').map(({ text }) => text);

/** The block of a page that begins with this comment line. */
function block(page: string, name: string): string {
  const found = new RegExp(`\`\`\`js\\n(// ${name}\\n[\\s\\S]*?)\`\`\``).exec(textOf(page));
  if (found?.[1] === undefined) throw new Error(`${page} has no block for ${name}`);
  return found[1];
}

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'millrace-readme-'));
  mkdirSync(join(folder, 'node_modules'));
  symlinkSync(root, join(folder, 'node_modules', 'millrace'));
});
afterAll(() => rmSync(folder, { recursive: true }));

/** Runs a command line; resolves to what it prints. */
async function run(command: string, cwd = folder): Promise<string> {
  const [program, ...args] = command.split(' ') as [string, ...string[]];
  const { stdout } = await promisify(execFile)(program === 'node' ? process.execPath : program, args, {
    cwd,
  });
  return stdout;
}

const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');

describe('the README', () => {
  test('has these commands, and no other', () => {
    expect(commands).toEqual([
      'npm install millrace', // .ci/pack-and-use, and each of test/projects, with the packed package
      'node main.mjs',
      'npm ci && npm run build && node dist/cli.js hash node_modules',
      'npm ci && npm test', // .ci/run
    ]);
    expect(modules).toHaveLength(2);
  });

  test('its example runs as printed', async () => {
    for (const code of modules) writeFileSync(join(folder, code.slice(3, code.indexOf('\n'))), code);
    const [first, second] = (await run('node main.mjs')).split('\n');
    expect(first).toBe('9592 primes below 100,000');
    const [, primes] = /^at least (\d+) primes in all$/.exec(second as string) ?? [];
    expect(Number(primes)).toBeGreaterThanOrEqual(20_000);
    expect(Number(primes)).toBeLessThan(21_300);
  });

  test('its main job for a clone runs, once it is built', async () => {
    const hash = (commands[2] as string).split(' && ')[2] as string;
    const lines = await run(hash.replace('node_modules', 'src'), root);
    expect(lines).toContain(`${sha256(textOf('src/index.ts'))}  src/index.ts`);
  });

  test('is one that is read to its end', () => {
    expect(readme.split('\n').length).toBeLessThanOrEqual(150);
  });

  test.each(['README.md', 'docs/guide.md'])('the files that %s links to are there', (page) => {
    const links = [...textOf(page).matchAll(/\]\(([^)#]+)(?:#[^)]*)?\)/g)].map(([, link]) => link as string);
    const files = links.filter((link) => !link.startsWith('http'));
    expect(files.length).toBeGreaterThan(5);
    expect(files.filter((file) => !existsSync(join(root, dirname(page), file)))).toEqual([]);
  });
});

test('the pipelines of the guide run as printed', async () => {
  const files = { a: 'one', b: 'two', 'paths.txt': 'a\nb\n' };
  for (const name of ['pipe.mjs', 'digests.mjs'])
    Object.assign(files, { [name]: block('docs/guide.md', name) });
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
  const digests = `${sha256('one')}\n${sha256('two')}\n`;
  await run('node pipe.mjs');
  expect(readFileSync(join(folder, 'digests.txt'), 'utf8')).toBe(digests);
  expect(await run('node digests.mjs a b')).toBe(digests);
});

test('the first example of the guide runs as printed', async () => {
  for (const name of ['work.mjs', 'main.mjs'])
    writeFileSync(join(folder, name), block('docs/guide.md', name));
  expect((await run('node main.mjs')).trim()).toBe(sha256(block('docs/guide.md', 'main.mjs')));
});
