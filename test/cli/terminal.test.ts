import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { exitOf } from './run-cli.ts';

const main = fileURLToPath(new URL('../../dist/cli.js', import.meta.url));
const hideCursor = '\u001b[?25l';
const showCursor = '\u001b[?25h';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'millrace-terminal-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

/** util-linux's script(1) runs a command on a terminal of its own. */
const hasScript = spawnSync('script', ['--version']).status === 0;
const quoted = (text: string) => `'${text.replaceAll("'", String.raw`'\''`)}'`;
const onTerminal = (words: string) => ['-qec', `${process.execPath} ${main} ${words}`, '/dev/null'];

/** All that a terminal is given; the words are bash's. */
async function screenOf(words: string): Promise<string> {
  const command = `exec bash -c ${quoted(`${process.execPath} ${main} ${words}`)}`;
  const child = spawn('script', ['-qec', command, '/dev/null'], { stdio: ['ignore', 'pipe', 'inherit'] });
  return (await buffer(child.stdout)).toString('utf8');
}

describe.runIf(hasScript)('on a terminal', () => {
  test('the progress line makes way for results and errors, and the cursor comes back', () => {
    writeFileSync(join(folder, 'a\u001b[31m'), 'abc');
    const { status, stdout } = spawnSync('script', onTerminal(`hash ${folder}/nowhere ${folder}`), {
      input: '',
      encoding: 'utf8',
    });
    expect(status).toBe(1);
    expect(stdout).toContain(hideCursor);
    expect(stdout).toMatch(/\d done|\d\/\d/);
    expect(stdout.lastIndexOf(showCursor)).toBeGreaterThan(stdout.lastIndexOf(hideCursor));
    expect(stdout).toContain(`\r\u001b[Kmillrace: ${folder}/nowhere: no such file or directory\r\n`);
    expect(stdout).toMatch(/ba7816bf\w+ {2}.*\/a\?\[31m\r\n/);
  });

  test('names, labels, errors and warnings can neither reorder, nor hide, nor steer what is shown', async () => {
    const hostile = Buffer.from('\u202e\u2066\u200b\ufeff\u2028\u061c\x1b[31m\x85');
    const name = (text: string) =>
      Buffer.concat([
        Buffer.from(`${folder}/`),
        Buffer.from(text),
        hostile,
        Buffer.from([0x9b, 0x33, 0x31, 0x6d]),
      ]);
    writeFileSync(name('file'), 'abc');
    writeFileSync(name('socket.txt'), 'x');
    const module = join(folder, 'work.mjs');
    const thrown = JSON.stringify(hostile.toString());
    writeFileSync(
      module,
      `export const work = () => { throw Object.assign(new Error(${thrown} + '\\ud800'), { name: ${thrown} }) }`,
    );
    writeFileSync(join(folder, 'lines'), '1\n');
    writeFileSync(
      join(folder, 'sums'),
      Buffer.concat([Buffer.from(`${'0'.repeat(64)}  `), name('gone'), Buffer.from('\n')]),
    );
    const odd = `$'a\\u202e\\x9b\\x1b'`;
    const runs = [
      `hash ${folder}`,
      `hash --json ${folder}`,
      `hash --check ${folder}/sums`,
      `hash x --algorithm ${odd}`,
      odd,
      `hash --${odd}`,
      `map ${folder}/work.mjs#work --input ${folder}/lines`,
      `map ${folder}/none${odd}.mjs#work --input ${folder}/lines`,
      `map ${folder}/work.mjs#${odd} --input ${folder}/lines`,
      `tune ${folder}/work.mjs#work --input ${folder}/lines${odd}`,
      `resize ${folder} --width 9 --out ${folder}/out${odd}`,
    ];
    const screens = await Promise.all(runs.map(screenOf));
    for (const [index, screen] of screens.entries()) {
      // What the progress line does with the cursor is ours, as is the end of a line.
      // oxlint-disable-next-line no-control-regex
      const seen = screen.replaceAll(/\x1b\[(?:\?\d+[lh]|\d*[KGAJ])|[\r\n]/g, '');
      expect(seen, runs[index]).not.toMatch(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\ufffd]/u);
      expect(seen, runs[index]).toMatch(/./);
    }
  });

  test('a signal ends it with the cursor shown', async () => {
    const pipe = join(folder, 'pipe');
    execFileSync('mkfifo', [pipe]);
    const child = spawn('script', onTerminal(`map ${folder}/work.mjs#work --input ${pipe}`));
    let seen = '';
    const shown = new Promise<void>((resolve) => {
      child.stdout.on('data', (chunk: Buffer) => {
        seen += chunk.toString();
        if (seen.includes('0 done')) resolve();
      });
    });
    await shown;
    // The terminal's own doing: what is typed is a signal.
    child.stdin.write('\u0003');
    expect(await exitOf(child)).toBe(130);
    expect(seen.lastIndexOf(showCursor)).toBeGreaterThan(seen.lastIndexOf(hideCursor));
  });
});
