import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { exitOf, runCli, startCli } from './run-cli.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'millrace-hash-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

const shell = (script: string): Buffer => execFileSync('bash', ['-c', script], { maxBuffer: 64 << 20 });

describe('millrace hash', () => {
  test('starts no thread for little, one for one file, and more for more', async () => {
    const count = `let threads = 0;
      process.getBuiltinModule('node:diagnostics_channel').subscribe('millrace:worker:start', () => threads++);
      const { isMainThread } = process.getBuiltinModule('node:worker_threads');
      process.on('exit', () => isMainThread && console.error(threads));`;
    const flags = ['--import', `data:text/javascript,${encodeURIComponent(count)}`];
    const small = join(folder, 'small');
    writeFileSync(small, 'abc');
    const little = await runCli(['hash', small, small, '--workers', '8'], '', undefined, flags);
    expect(little).toMatchObject({ code: 0, stderr: '0\n' });
    const medium = join(folder, 'medium');
    writeFileSync(medium, Buffer.alloc(5 << 20));
    const one = await runCli(['hash', medium, '--workers', '8'], '', undefined, flags);
    expect(one).toMatchObject({ code: 0, stderr: '1\n' });
    for (let n = 0; n < 3; n++) writeFileSync(join(folder, `large ${n}`), Buffer.alloc(64 << 20));
    const many = await runCli(['hash', folder, '--workers', '2'], '', undefined, flags);
    expect(many).toMatchObject({ code: 0, stderr: '2\n' });
  });

  test('says the same of little as of much', async () => {
    const small = join(folder, 'small');
    const empty = join(folder, 'empty');
    writeFileSync(small, 'abc');
    writeFileSync(join(folder, 'b\\c'), 'abc');
    const files = [small, join(folder, 'b\\c')];
    for (const options of [[], ['--tag'], ['--zero'], ['--binary'], ['--json'], ['--algorithm', 'md5']]) {
      const little = await runCli(['hash', ...options, ...files]);
      // With an empty file among them it takes a thread.
      writeFileSync(empty, '');
      const more = await runCli(['hash', ...options, ...files, empty]);
      const last = more.stdout.subarray(little.stdout.length);
      expect(more.stdout.subarray(0, little.stdout.length)).toEqual(little.stdout);
      expect(last.toString()).toContain(empty);
      expect(little.code).toBe(0);
    }
  });

  test('agrees line by line with sha256sum over a real tree', async () => {
    const tree = fileURLToPath(new URL('../../node_modules', import.meta.url));
    // Not .vite: the test runner writes there while the two of them read.
    const { code, stdout } = await runCli(['hash', join(tree, 'piscina'), join(tree, 'typescript')]);
    const expected = shell(
      `for part in piscina typescript; do find ${tree}/$part -type f; done | LC_ALL=C sort | xargs sha256sum`,
    );
    expect(code).toBe(0);
    expect(stdout.toString().split('\n').length).toBeGreaterThan(200);
    expect(stdout.equals(expected)).toBe(true);
  });

  test('prints the same bytes as sha256sum, odd names and all, in a stable order', async () => {
    const names = ['new\nline', 'back\\slash', 'carriage\rreturn', 'ünicode', ' space ', '-dash', 'bad\xff'];
    for (const name of names) writeFileSync(Buffer.from(`${folder}/${name}`, 'latin1'), name);
    mkdirSync(join(folder, 'below'));
    writeFileSync(join(folder, 'below', 'file'), '');
    symlinkSync(join(folder, '-dash'), join(folder, 'link'));
    const first = await runCli(['hash', folder]);
    const expected = shell(`find ${folder} -type f -print0 | LC_ALL=C sort -z | xargs -0 sha256sum`);
    expect(first.stdout.equals(expected)).toBe(true);
    expect(first.code).toBe(0);
    expect((await runCli(['hash', folder, '--workers', '1'])).stdout.equals(first.stdout)).toBe(true);
  });

  test('what it prints can be checked by sha256sum, and the other way round', async () => {
    for (const name of ['a', 'b\\c', 'd\ne']) writeFileSync(join(folder, name), name);
    const list = join(folder, 'list');
    writeFileSync(
      list,
      (await runCli(['hash', ...['a', 'b\\c', 'd\ne'].map((name) => join(folder, name))])).stdout,
    );
    shell(`sha256sum --check --quiet ${list}`);
    expect(await runCli(['hash', '--check', list])).toMatchObject({ code: 0, stderr: '' });

    writeFileSync(join(folder, 'a'), 'changed');
    rmSync(join(folder, 'd\ne'));
    const { code, stdout, stderr } = await runCli(['hash', '--check', list]);
    expect(code).toBe(1);
    expect(stdout.equals(shell(`sha256sum --check ${list} 2>/dev/null || true`))).toBe(true);
    expect(stdout.toString()).toContain(`/a: FAILED\n`);
    expect(stderr).toContain('WARNING: 1 computed checksum did NOT match');
    expect(stderr).toContain('WARNING: 1 listed file could not be read');
  });

  test('takes names that are no UTF-8 from the command line, and names that begin with a dash', () => {
    for (const name of ['bad\xff', '-dash']) writeFileSync(Buffer.from(`${folder}/${name}`, 'latin1'), name);
    const main = fileURLToPath(new URL('../../dist/cli.js', import.meta.url));
    const words = String.raw`-- -dash $'bad\xff'`;
    const ours = shell(`cd ${folder}; ${process.execPath} ${main} hash ${words}`);
    expect(ours.equals(shell(`cd ${folder}; sha256sum ${words}`))).toBe(true);
  });

  test('hashes what a directory holds, also through a link, an empty one, one given twice', async () => {
    mkdirSync(join(folder, 'empty'));
    mkdirSync(join(folder, 'full'));
    writeFileSync(join(folder, 'full', 'a'), 'abc');
    symlinkSync('full', join(folder, 'link'));
    const paths = ['empty', 'link', 'full', 'full'].map((name) => join(folder, name));
    const { code, stdout } = await runCli(['hash', ...paths]);
    expect(code).toBe(0);
    expect(stdout.equals(shell(`cd /; sha256sum ${folder}/{link,full,full}/a`))).toBe(true);
  });

  test('checks the forms that sha256sum checks', async () => {
    for (const name of ['a', ' b', '*c']) writeFileSync(join(folder, name), name);
    const list = join(folder, 'list');
    shell(
      `cd ${folder}; sha256sum --tag a > list; sha256sum ' b' '*c' | sed 's/$/\\r/' >> list; echo junk >> list`,
    );
    const { code, stdout, stderr } = await runCli(['hash', '--check', list], '', folder);
    expect(stdout.equals(shell(`cd ${folder}; sha256sum --check list 2>/dev/null`))).toBe(true);
    expect({ code, stderr }).toEqual({
      code: 0,
      stderr: 'millrace: WARNING: 1 line is improperly formatted\n',
    });
  });

  test('a list without any checksum line is an error', async () => {
    const { code, stderr } = await runCli(['hash', '--check', '-'], 'hello\n');
    expect({ code, stderr }).toEqual({
      code: 1,
      stderr: "millrace: 'standard input': no properly formatted checksum lines found\n",
    });
  });

  test('prints JSON, by any algorithm', async () => {
    writeFileSync(join(folder, 'a'), 'abc');
    const { stdout } = await runCli(['hash', '--json', '--algorithm', 'md5', join(folder, 'a')]);
    expect(JSON.parse(stdout.toString())).toEqual({
      path: join(folder, 'a'),
      algorithm: 'md5',
      digest: '900150983cd24fb0d6963f7d28e17f72',
    });
  });

  test('names what it can’t read, skips it and exits with 1', async () => {
    writeFileSync(join(folder, 'a'), 'abc');
    execFileSync('mkfifo', [join(folder, 'pipe')]);
    const paths = ['nowhere', 'a', 'pipe'].map((name) => join(folder, name));
    const { code, stdout, stderr } = await runCli(['hash', ...paths]);
    expect(code).toBe(1);
    expect(stdout.toString()).toMatch(/^ba7816bf\w+ {2}.*\/a\n$/);
    expect(stderr).toContain(`millrace: ${folder}/nowhere: no such file or directory`);
    expect(stderr).toContain(`millrace: ${folder}/pipe: `);
  });

  test('a message shows a name on one line, without its control characters', async () => {
    const { stderr } = await runCli(['hash', `${folder}/a\nb\u001b[31m`]);
    expect(stderr).toBe(`millrace: ${folder}/a\\nb\\x1b[31m: no such file or directory\n`);
  });

  test.each([
    [['hash', '--check', '--tag', 'a'], '--check and --tag'],
    [['hash', '--quiet', 'a'], '--quiet works only with --check'],
    [['hash', '--algoritm', 'md5'], "unknown option '--algoritm' (did you mean --algorithm?)"],
    [['hash', '-z=3'], "unknown option '-=' in '-z=3' (what begins with"],
    [['hash', '-Q'], "unknown option '-Q' (what begins with"],
    [['hahs'], "unknown command 'hahs' (did you mean hash?)"],
    [['hash', '--status=1'], '--status takes no value'],
    [['hash', '-j', '--json'], '-j needs a value (N)'],
    [['hash', '--check', 'a', '--json'], '--check and --json'],
    [['hash', '.', '--workers'], '--workers'],
    [['hash', '.', '--algorithm', 'nope'], "unknown algorithm 'nope'"],
    [['hash', '.', '-a', 'sha265'], "unknown algorithm 'sha265' (did you mean sha256?)"],
    [['hash', '.', '--workers', '0'], '--workers must be a positive integer'],
    [['hash', '.', '--nope'], '--nope'],
    [['knead'], "unknown command 'knead'"],
    [[], 'no command given'],
  ])('%j is refused with exit code 2', async (args, message) => {
    const { code, stderr } = await runCli(args);
    expect(code).toBe(2);
    expect(stderr).toContain(message);
  });

  test('a reader that goes away ends it quietly', () => {
    const command = `${process.execPath} dist/cli.js hash node_modules/typescript node_modules/piscina`;
    const output = shell(`${command} 2>&1 | head -n 1; echo \${PIPESTATUS[0]}`);
    expect(output.toString()).toMatch(/^\w{64} {2}node_modules\/typescript\/.*\n141\n$/);
  });

  test('output that can’t be written is an error', () => {
    const output = shell(`${process.execPath} dist/cli.js hash package.json 2>&1 >/dev/full || echo $?`);
    expect(output.toString()).toBe('millrace: standard output: no space left on device\n1\n');
  });

  test.each(['--help', 'help hash', '--version', 'man', 'completion zsh', 'hash -h'])(
    'the text of %s that can’t be written is an error, or ends quietly without a reader',
    (words) => {
      const command = `${process.execPath} dist/cli.js ${words}`;
      const full = shell(`${command} 2>&1 >/dev/full || echo $?`);
      expect(full.toString()).toBe('millrace: standard output: no space left on device\n1\n');
      const pipe = `${folder}/no-reader`;
      const gone = shell(
        `mkfifo ${pipe}; exec 3<>${pipe} 4>${pipe} 3<&-; rm ${pipe}; ${command} 2>&1 >&4 || echo $?`,
      );
      expect(gone.toString()).toBe('141\n');
    },
  );

  test.each([
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const)('%s ends it with exit code %i', async (signal, code) => {
    // The list of files is endless, by way of a pipe that stays open.
    const child = startCli(['hash', '--check', '-']);
    child.stdin.on('error', () => {});
    writeFileSync(join(folder, 'a'), 'abc');
    const line = `${'0'.repeat(64)}  ${join(folder, 'a')}\n`;
    const seen = new Promise((resolve) => child.stdout.once('data', resolve));
    const keepWriting = () => {
      while (child.stdin.write(line.repeat(1000)));
      child.stdin.once('drain', keepWriting);
    };
    keepWriting();
    await seen;
    child.stdout.resume();
    child.kill(signal);
    expect(await exitOf(child)).toBe(code);
  });
});
