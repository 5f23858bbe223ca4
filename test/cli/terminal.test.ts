import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
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
const onTerminal = (words: string) => ['-qec', `${process.execPath} ${main} ${words}`, '/dev/null'];

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
