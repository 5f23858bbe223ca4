import { spawn, spawnSync } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { exitOf, runCli, startCli } from './run-cli.ts';

// Each test starts some processes.
vi.setConfig({ testTimeout: 120_000 });

const main = fileURLToPath(new URL('../../dist/cli.js', import.meta.url));

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'millrace-map-options-'));
  writeFileSync(
    join(folder, 'work.mjs'),
    `import { appendFileSync, existsSync, readFileSync } from 'node:fs';
     import { setTimeout } from 'node:timers/promises';
     export default (n) => n * 10;
     export const odd = (n) => { if (n % 2 === 0) throw Object.assign(new RangeError(n + ' is even'), { code: 'E_EVEN' }); return n; };
     export const held = async (n) => { while (n === 400 && !existsSync('open')) await setTimeout(5); return odd(n); };
     export const throwsText = () => { throw 'text'; };
     export const third = (n) => {
       appendFileSync('calls', n + '\\n');
       if (readFileSync('calls', 'utf8').split('\\n').filter((line) => line === String(n)).length < 3) throw new Error('too early');
       return n;
     };
     export const slowTwo = async (n) => { if (n === 2) await setTimeout(60_000); return n; };
     export const logged = async (n) => { appendFileSync('calls', n + '\\n'); if (n === 2) throw new Error('two'); if (n === 3) await setTimeout(60_000); return n; };`,
  );
});
afterEach(() => rmSync(folder, { recursive: true }));

const map = (words: string, input: string) => runCli(['map', ...words.split(' ')], input, folder);
const read = (name: string): string => readFileSync(join(folder, name), 'utf8');
/** The columns of a log that do not depend on time: line, bytes printed, exit value, signal, command. */
const logOf = (name: string): string[] =>
  read(name)
    .trim()
    .split('\n')
    .slice(1)
    .map((line) =>
      line
        .split('\t')
        .filter((_, column) => [0, 5, 6, 7, 8].includes(column))
        .join(' '),
    );

describe('millrace map', () => {
  test('MODULE alone means its default export', async () => {
    const { code, stdout } = await map('work.mjs -k', '1\n2\n');
    expect({ code, stdout: stdout.toString() }).toEqual({ code: 0, stdout: '10\n20\n' });
    writeFileSync(join(folder, 'odd#name.cjs'), 'module.exports = (n) => -n;');
    expect((await map('odd#name.cjs', '1\n')).stdout.toString()).toBe('-1\n');
  });

  test('--outcomes tells line, status, value or error of each line', async () => {
    const { code, stdout } = await map('work.mjs#odd --outcomes --ordered', '1\n2\n\nx\n"\xff"\n5\n');
    expect(code).toBe(1);
    expect(
      stdout
        .toString()
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line) as unknown),
    ).toEqual([
      { line: 1, status: 'fulfilled', value: 1 },
      { line: 2, status: 'rejected', error: { name: 'RangeError', message: '2 is even', code: 'E_EVEN' } },
      {
        line: 4,
        status: 'rejected',
        error: { name: 'SyntaxError', message: expect.stringContaining('JSON') },
      },
      { line: 5, status: 'fulfilled', value: '\xff' },
      { line: 6, status: 'fulfilled', value: 5 },
    ]);
    const thrown = await map('work.mjs#throwsText --outcomes', '1\n');
    expect(JSON.parse(thrown.stdout.toString())).toMatchObject({ error: { name: 'Error', message: 'text' } });
  });

  test('--retries N calls up to N times, and tells only the last failure', async () => {
    const two = await map('work.mjs#third --retries 2', '7\n');
    expect(two).toMatchObject({ code: 1, stderr: 'millrace: line 1: too early\n' });
    expect(read('calls')).toBe('7\n7\n');
    expect(await map('work.mjs#third --retries 3', '8\n')).toMatchObject({ code: 0, stderr: '' });
  });

  test('--timeout fails a call that runs longer', async () => {
    const { code, stdout, stderr } = await map('work.mjs#slowTwo --timeout 300ms -k', '1\n2\n3\n');
    expect({ code, stdout: stdout.toString() }).toEqual({ code: 1, stdout: '1\n3\n' });
    expect(stderr).toMatch(/^millrace: line 2: ran longer than its timeout of 300 ms\n$/);
  });

  test.each([
    ['--timeout', '0'],
    ['--timeout', '2w'],
    ['--timeout', '1e3'],
    ['--timeout', '30d'],
    ['--retries', '0'],
    ['--halt', 'soon'],
    ['--halt', 'later,fail=1'],
    ['--halt', 'now,fail=0'],
    ['--halt', 'now,fail=50%'],
    ['-j', '0'],
    ['-j', '+50%'],
    ['-j', '-0'],
    ['--timeout', '-1'],
    ['--retries', '-2'],
    ['--workers', '1.5'],
  ])('%s %s is refused, and names the value', async (option, value) => {
    const { code, stderr } = await map(`work.mjs ${option} ${value}`, '1\n');
    expect(code).toBe(2);
    expect(stderr).toContain(`not '${value}'`);
  });

  test.each(['1', '+1', '-1', '50%', '=-1'])('-j %s is a number of workers', async (value) => {
    const { code, stdout } = await map(
      `work.mjs --workers${value.startsWith('=') ? value : ` ${value}`}`,
      '1\n',
    );
    expect({ code, stdout: stdout.toString() }).toEqual({ code: 0, stdout: '10\n' });
  });

  test('--halt soon begins no more lines, and does not wait for the next one', async () => {
    const child = startCli(['map', 'work.mjs#odd', '-j1', '--halt', 'soon,fail=1'], folder);
    // The input stays open.
    child.stdin.write('1\n3\n2\n5\n7\n');
    const stdout: Buffer[] = [];
    child.stdout.on('data', (chunk: Buffer) => stdout.push(chunk));
    expect(await exitOf(child)).toBe(1);
    expect(Buffer.concat(stdout).toString()).toBe('1\n3\n');
  });

  test('--halt now ends what runs, and neither prints nor logs it', async () => {
    const args = 'work.mjs#logged -j2 --halt now,fail=1 --joblog log';
    const { code, stdout, stderr } = await map(args, '3\n2\n1\n');
    expect({ code, stdout: stdout.toString() }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toContain('--halt now,fail=1: no more lines are begun, and those that run are ended\n');
    expect(read('calls').trim().split('\n').toSorted()).toEqual(['2', '3']);
    expect(logOf('log')).toEqual(['2 0 1 0 work.mjs#logged 2']);
  });

  test('--halt soon,success=1 ends with 0', async () => {
    const { code, stdout } = await map('work.mjs -j1 --halt soon,success=2', '1\n2\n3\n4\n');
    expect({ code, stdout: stdout.toString() }).toEqual({ code: 0, stdout: '10\n20\n' });
  });
});

describe('a file that is read is not overwritten', () => {
  test.each([
    ['map work.mjs --input in --joblog in', '--joblog in would overwrite the FILE of --input'],
    ['map work.mjs --input in --joblog ./link', '--joblog ./link would overwrite the FILE of --input'],
    ['map work.mjs#odd --joblog work.mjs', "--joblog work.mjs would overwrite 'work.mjs#odd', which is read"],
    ['map work.mjs --trace new --joblog ./new', '--joblog ./new would overwrite the FILE of --trace'],
    ['hash in --trace in', "--trace in would overwrite 'in', which is read"],
    ['hash --check in --trace in', "--trace in would overwrite 'in', which is read"],
    ['tune work.mjs --input in --json in', '--json in would overwrite the FILE of --input'],
    ['tune work.mjs --svg x --json x', '--svg x would overwrite the FILE of --json'],
  ])('%s', async (words, message) => {
    writeFileSync(join(folder, 'in'), '1\n');
    symlinkSync('in', join(folder, 'link'));
    const { code, stderr } = await runCli(words.split(' '), '1\n', folder);
    expect([code, stderr]).toEqual([2, expect.stringContaining(message)]);
    expect(read('in')).toBe('1\n');
  });

  test('but a device may be named twice', async () => {
    const { code } = await map('work.mjs --input /dev/null --joblog /dev/null', '');
    expect(code).toBe(0);
  });
});

describe('--joblog', () => {
  test('lists each line, and --resume passes over what it lists', async () => {
    const first = await map('work.mjs#odd -k --joblog log', '1\n2\n\n4x\n5\n');
    expect(first.stdout.toString()).toBe('1\n5\n');
    const entries = [
      '1 2 0 0 work.mjs#odd 1',
      '2 0 1 0 work.mjs#odd 2',
      '4 0 1 0 work.mjs#odd 4x',
      '5 2 0 0 work.mjs#odd 5',
    ];
    expect(logOf('log')).toEqual(entries);
    const second = await map('work.mjs#odd -k --joblog log --resume', '1\n2\n\n4x\n5\n7\n');
    expect(second).toMatchObject({ code: 0, stderr: '' });
    expect(second.stdout.toString()).toBe('7\n');
    const failed = await map('work.mjs#odd -k --joblog log --resume-failed', '1\n3\n\n4\n5\n7\n');
    expect(failed).toMatchObject({ code: 1, stderr: 'millrace: line 4: 4 is even\n' });
    expect(failed.stdout.toString()).toBe('3\n');
    expect((await map('work.mjs#odd --joblog log', '1\n')).stdout.toString()).toBe('1\n');
    expect(logOf('log')).toEqual(entries.slice(0, 1));
  });

  test('a file that is no log is left alone', async () => {
    writeFileSync(join(folder, 'notes'), 'mine\n');
    expect(await map('work.mjs --joblog notes --resume', '1\n')).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('is not a log'),
    });
    expect(read('notes')).toBe('mine\n');
    expect(await map('work.mjs --joblog nowhere/log', '1\n')).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('nowhere/log: no such file'),
    });
    expect(await map('work.mjs --resume', '1\n')).toMatchObject({ code: 2 });
  });

  test('what could not be written is not logged', () => {
    const script = `seq 3 | ${process.execPath} ${main} map work.mjs --joblog log > /dev/full`;
    expect(spawnSync('bash', ['-c', script], { cwd: folder }).status).toBe(1);
    expect(logOf('log')).toEqual([]);
  });

  const count = 400;
  const input = Array.from({ length: count }, (_, n) => `${n + 1}\n`).join('');
  const resume = [
    'map',
    'work.mjs#held',
    '-k',
    '--outcomes',
    '--joblog',
    'log',
    '--resume',
    '--input',
    'input',
  ];

  /** Each line once, by its number; all must be whole. */
  function deduplicated(text: string): string[] {
    const lines = new Map<number, string>();
    for (const line of text.trim().split('\n')) lines.set((JSON.parse(line) as { line: number }).line, line);
    return [...lines.entries()].toSorted(([a], [b]) => a - b).map(([, line]) => line);
  }

  test.each(['a file', 'a pipe'])(
    'a run that is killed again and again omits nothing, into %s',
    async (kind) => {
      writeFileSync(join(folder, 'input'), input);
      const open = join(folder, 'open');
      writeFileSync(open, '');
      const undisturbed = await map('work.mjs#held -k --outcomes --input input', '');
      // The first run can't come to its end before it is killed, however quick it is: its last line waits.
      rmSync(open);
      let text = '';
      let runs = 0;
      for (let code: number | null = null; code === null; runs++) {
        const file = openSync(join(folder, 'output'), 'a');
        const stdio = ['ignore', kind === 'a file' ? file : 'pipe', 'pipe'] as const;
        const child = spawn(process.execPath, [main, ...resume], { cwd: folder, stdio: [...stdio] });
        closeSync(file);
        // Killed when it has reported so many failures, which are half of the lines; whatever it is doing then.
        let reported = 0;
        child.stderr?.on('data', (chunk: Buffer) => {
          reported += chunk.toString().split('\n').length - 1;
          if (reported > runs * 12) child.kill('SIGKILL');
        });
        const collected: Buffer[] = [];
        child.stdout?.on('data', (chunk: Buffer) => collected.push(chunk));
        code = await new Promise((resolve) => child.once('close', resolve));
        text += Buffer.concat(collected).toString();
        writeFileSync(open, '');
        // More than any disturbed run can need.
        expect(runs).toBeLessThan(count);
      }
      if (kind === 'a file') text = read('output');
      expect(runs).toBeGreaterThan(1);
      expect(deduplicated(text)).toEqual(undisturbed.stdout.toString().trim().split('\n'));
      expect(new Set(logOf('log').map((line) => line.split(' ')[0])).size).toBe(count);
    },
  );
});

const hasParallel = spawnSync('parallel', ['--version']).error === undefined;

describe.runIf(hasParallel)('GNU parallel agrees', () => {
  const judge = (words: string): { readonly stdout: string; readonly log: readonly string[] } => {
    const job = `n={}; [ $((n % 2)) = 1 ] && echo $n`;
    const env = { ...process.env, HOME: folder };
    const args = [...words.split(' '), '--joblog', 'theirs', '--will-cite', job];
    const { stdout } = spawnSync('parallel', args, {
      cwd: folder,
      input: '1\n2\n3\n4\n5\n6\n',
      encoding: 'utf8',
      env,
    });
    return { stdout, log: withoutCommand('theirs') };
  };
  const withoutCommand = (name: string): string[] =>
    logOf(name).map((line) => line.split(' ').slice(0, 4).join(' '));

  test.each([
    '-k',
    '-j1',
    '-j1 --halt soon,fail=1',
    '-j1 --halt soon,fail=2',
    '-j1 --halt now,fail=1',
    '-j1 --halt soon,success=2',
    '-j1 --halt now,done=3',
    '-k --retries 3',
    '-j2 -k --timeout 30',
  ])('about what is printed and logged with %s', async (words) => {
    const { stdout } = await map(`work.mjs#odd ${words} --joblog ours`, '1\n2\n3\n4\n5\n6\n');
    const theirs = judge(words);
    expect(stdout.toString()).toBe(theirs.stdout);
    expect(withoutCommand('ours').toSorted()).toEqual(theirs.log.toSorted());
    // The header, too.
    expect(read('ours').split('\n')[0]).toBe(read('theirs').split('\n')[0]);
  });

  test('about what is left to do, by the log of either', async () => {
    for (const option of ['--resume', '--resume-failed']) {
      judge('-j1 --halt soon,fail=1');
      writeFileSync(join(folder, 'ours'), read('theirs'));
      const { stdout } = await map(`work.mjs#odd -k --joblog ours ${option}`, '1\n2\n3\n4\n5\n6\n');
      expect(stdout.toString()).toBe(judge(`-k ${option}`).stdout);
      expect(withoutCommand('ours').toSorted()).toEqual(withoutCommand('theirs').toSorted());
    }
  });
});
