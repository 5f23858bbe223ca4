import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, test } from 'vitest';
import { completionScript } from '../../src/cli/about/completion.ts';
import { commandHelp, optionNames, programHelp } from '../../src/cli/about/help-text.ts';
import { manPage } from '../../src/cli/about/man-page.ts';
import { markdownReference } from '../../src/cli/about/markdown.ts';
import { exitCodes } from '../../src/cli/exit-codes.ts';
import { shells } from '../../src/cli/table/about-commands.ts';
import { commonOptions } from '../../src/cli/table/command.ts';
import { commands, exitCodeTexts } from '../../src/cli/table/commands.ts';
import { runCli } from './run-cli.ts';

const folder = mkdtempSync(join(tmpdir(), 'millrace-about-'));
afterAll(() => rmSync(folder, { recursive: true }));
writeFileSync(join(folder, 'a file'), '');

const has = (program: string): boolean => spawnSync(program, ['--version']).error === undefined;
const sh = (program: string, script: string): string => {
  const { stdout, stderr } = spawnSync(program, ['-c', script], { cwd: folder, encoding: 'utf8' });
  return stdout + stderr;
};

describe('the table of commands', () => {
  test.each(commands)('$name has all its texts', ({ summary, synopsis, text, options, examples }) => {
    for (const part of [
      summary,
      ...text,
      ...options.map((each) => each.text),
      ...examples.map((each) => each.text),
    ]) {
      expect(part.trim()).toBe(part);
      expect(part).not.toBe('');
    }
    for (const clause of [summary, ...options.map((each) => each.text)]) expect(clause).not.toMatch(/\.$/);
    expect(synopsis.length).toBeGreaterThan(0);
    expect(text.length).toBeGreaterThan(0);
    expect(examples.length).toBeGreaterThan(0);
    for (const { line } of examples) expect(line).toContain('millrace');
  });

  test.each(commands)('$name calls no two options alike', ({ options }) => {
    const all = [...options, ...commonOptions].flatMap(({ name, short, alias }) => [name, short, alias]);
    const names = all.filter((name) => name !== undefined);
    expect(new Set(names).size).toBe(names.length);
  });

  test('--verdict names only limits that the command can tell', () => {
    const told = commands.flatMap(({ name, options }) =>
      options.filter((each) => each.name === 'verdict').map(({ text }) => [name, text.includes('input')]),
    );
    expect(told).toEqual([
      ['hash', true],
      ['map', true],
      ['resize', true],
      ['tune', false],
      ['worker', false],
    ]);
  });

  test('explains each exit code', () => {
    expect(exitCodeTexts.map(([code]) => code)).toEqual(Object.values(exitCodes));
  });
});

describe('help', () => {
  const pages = [programHelp(), ...commands.map(commandHelp)];

  test.each(pages)('fits into 80 columns: %#', (page) => {
    for (const line of page.split('\n')) {
      expect(line.length, line).toBeLessThanOrEqual(80);
      expect(line).toBe(line.trimEnd());
    }
    expect(page).toContain('Examples:\n');
    expect(page).toContain('Exit codes:\n');
  });

  test('is printed in each way that is asked for it', async () => {
    const hash = commandHelp(commands[0] as (typeof commands)[number]);
    for (const [words, page] of [
      ['--help', programHelp()],
      ['-h', programHelp()],
      ['help', programHelp()],
      ['help hash', hash],
      ['hash --help', hash],
      ['hash -c -h nowhere', hash],
    ] as const) {
      const { code, stdout, stderr } = await runCli(words.split(' '));
      expect({ words, code, stderr, page: stdout.toString() }).toEqual({ words, code: 0, stderr: '', page });
    }
  });

  test('the version, too', async () => {
    const { version } = JSON.parse(
      spawnSync('cat', [fileURLToPath(new URL('../../package.json', import.meta.url))], { encoding: 'utf8' })
        .stdout,
    ) as { version: string };
    for (const words of [['-V'], ['--version'], ['map', '-V']]) {
      expect((await runCli(words)).stdout.toString()).toBe(`${version}\n`);
    }
  });

  test.each([
    [['help', 'hahs'], "unknown command 'hahs' (did you mean hash?)", 'millrace --help'],
    [['help', 'hash', 'map'], "help takes one command, and not 'map' as well", 'millrace --help'],
    [['man', 'hash'], "man takes no operand ('hash')", 'millrace man --help'],
    [['completion'], "completion takes one of bash, zsh, fish, not ''", 'millrace completion --help'],
    [
      ['completion', 'csh'],
      "completion takes one of bash, zsh, fish, not 'csh'",
      'millrace completion --help',
    ],
  ])('%j is refused with exit code 2', async (words, message, next) => {
    const { code, stderr } = await runCli(words);
    expect({ code, stderr }).toEqual({
      code: 2,
      stderr: `millrace: ${message}\nTry '${next}'.\n`,
    });
  });
});

describe('all that the table has stands in', () => {
  const all = commands.flatMap(({ name, options }) => [name, ...options.map((option) => `--${option.name}`)]);

  test.each(shells)('the completion for %s', (shell) => {
    const script = completionScript(shell);
    for (const word of all) expect(script).toContain(shell === 'fish' ? word.replace(/^--/, '-l ') : word);
  });

  test('the man page', () => {
    const page = manPage('1.2.3').replaceAll('\\-', '-');
    for (const word of all) expect(page).toContain(word);
  });

  test('the reference', () => {
    const page = markdownReference();
    for (const { options } of commands)
      for (const option of options) expect(page).toContain(optionNames(option).trim());
  });
});

describe('the man page', () => {
  test.runIf(has('man') && has('groff'))('is one that man shows without a warning', () => {
    writeFileSync(join(folder, 'millrace.1'), manPage('1.2.3'));
    const shown = sh('bash', 'MANWIDTH=80 LC_ALL=C.UTF-8 man --warnings -l ./millrace.1 2>&1 | col -b');
    expect(shown).not.toContain('warning');
    expect(shown).toContain('--keep-metadata');
    expect(shown).toContain('sha256sum');
  });
});

describe('completion', () => {
  test.runIf(has('bash'))('in bash', () => {
    writeFileSync(join(folder, 'bash'), completionScript('bash'));
    const complete = (...words: string[]): string[] => {
      const list = words.map((word) => `'${word}'`).join(' ');
      return sh(
        'bash',
        `source ./bash; COMP_WORDS=(${list}); COMP_CWORD=${words.length - 1}; _millrace; printf '%s\\n' "\${COMPREPLY[@]}"`,
      )
        .trim()
        .split('\n');
    };
    expect(complete('millrace', 'ha')).toEqual(['hash']);
    expect(complete('millrace', '')).toContain('resize');
    expect(complete('millrace', 'hash', '--ig')).toEqual(['--ignore-missing']);
    expect(complete('millrace', 'resize', '--fit', 'in')).toEqual(['inside']);
    expect(complete('millrace', 'resize', '--fit', '=', 'in')).toEqual(['inside']);
    expect(complete('millrace', 'hash', '-a', 'blake')).toEqual(['blake2b512', 'blake2s256', 'blake3']);
    expect(complete('millrace', 'hash', 'a')).toContain('a file');
    expect(complete('millrace', 'completion', '')).toEqual([...shells]);
  });

  test.runIf(has('zsh'))('in zsh', () => {
    writeFileSync(join(folder, 'zsh'), completionScript('zsh'));
    // Outside of a terminal: what the script hands to zsh's own functions, which complete.
    const given = (...words: string[]): string =>
      sh(
        'zsh',
        `compdef() { print "$@" }; _arguments() { print -rl -- "$@" }; _describe() { print -rl -- $commands }
         source ./zsh; words=(${words.join(' ')}); CURRENT=${words.length}; _millrace`,
      );
    expect(given('millrace', 'h')).toContain('\nhash:print or check digests');
    const hash = given('millrace', 'hash', '--');
    expect(hash).toContain('(-c --check)--check[verify the digests that each FILE lists]\n');
    expect(hash).toMatch(/^\(-a --algorithm\)--algorithm=\[.*\]:NAME:\(sha256 .* blake3 .*\)$/m);
    expect(hash).toContain('\n*:argument:_files\n');
    expect(given('millrace', 'resize', '-o', '')).toMatch(/^\(-o --out\)-o\+\[.*\]:DIR:_files -\/$/m);
  });

  test.runIf(has('fish'))('in fish', () => {
    writeFileSync(join(folder, 'fish'), completionScript('fish'));
    const complete = (line: string): string[] =>
      sh('fish', `source ./fish; complete -C '${line}'`)
        .trim()
        .split('\n')
        .map((each) => each.split('\t')[0] as string);
    expect(complete('millrace ha')).toEqual(['hash']);
    expect(complete('millrace hash --ig')).toEqual(['--ignore-missing']);
    expect(complete('millrace resize --fit ins')).toEqual(['inside']);
    expect(complete('millrace hash a')).toContain('a file');
    expect(complete('millrace completion ')).toEqual(expect.arrayContaining([...shells]));
  });
});
