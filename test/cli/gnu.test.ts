import { spawnSync } from 'node:child_process';
import { rmSync } from 'node:fs';
import fc from '../support/fast-check.ts';
import { afterAll, describe, expect, test, vi } from 'vitest';
import { checksumParser } from '../../src/cli/checksum-line.ts';
import { makeOddTree, oddNames, ours, shell } from './odd-tree.ts';
import type { Printed } from './odd-tree.ts';

/*
 * GNU coreutils is the judge: what `millrace hash` prints, on either stream, is what `sha256sum` prints, but for the program's
 * name, the case and the quotation marks of messages, and the exit code for a command line that makes no sense.
 */

// Each test starts some processes.
vi.setConfig({ testTimeout: 120_000 });

const has = (program: string): boolean => spawnSync(program, ['--version']).error === undefined;

const folder = makeOddTree();
afterAll(() => rmSync(folder, { recursive: true }));

const sh = (script: string, sum: string, input = ''): Printed => shell(folder, script, sum, input);

/** The two agree on a script that calls $sum. */
function expectSame(script: string, judge = 'sha256sum', options = '', input = ''): void {
  expect(sh(script, ours(options), input), script).toEqual(sh(script, judge, input));
}

const all = String.raw`find tree -type f -print0 | LC_ALL=C sort -z | xargs -0 $sum`;

describe.runIf(has('sha256sum'))('GNU coreutils agrees', () => {
  test.each(['', '--tag', '-z', '--zero --tag', '-b', '-b -t', '-t -b', '--tag -b'])(
    'about a tree, with %j',
    (options) => {
      const walked = sh(`$sum ${options} tree`, ours());
      expect(walked).toEqual(sh(`${all} ${options} --`, 'sha256sum'));
      expect(walked.stdout.length).toBeGreaterThan(oddNames.length * 2 * 64);
    },
  );

  test.each([
    ['md5sum', 'md5'],
    ['sha1sum', 'sha1'],
    ['sha224sum', 'sha224'],
    ['sha384sum', 'sha384'],
    ['sha512sum', 'sha512'],
    ['b2sum', 'blake2b512'],
  ])('by %s', (judge, algorithm) => {
    expectSame(`${all} --tag -- | tee list; cat list | $sum -c`, judge, `-a ${algorithm}`);
  });

  test.each(['', '--tag', '-b'])('what it prints with %j checks', (options) => {
    expectSame(`${all} ${options} -- > list; $sum -c list`);
  });

  test.each(['', '-', '- -', 'tree/plain - tree/plain', '--tag', '-z -'])(
    'about standard input: %j',
    (words) => {
      expectSame(`$sum ${words}`, 'sha256sum', '', 'some input');
    },
  );

  test('about pipes and devices that are named', () => {
    expectSame('$sum /dev/null <(true) <(echo a) tree/plain <(head -c 300000 /dev/zero) | sed "s/fd.*/fd/"');
    expectSame(
      'mkfifo pipe; head -c 300000 /dev/zero > pipe & $sum pipe /dev/stdin < tree/plain; rm pipe; wait',
    );
    // Where sha256sum waits for ever.
    const refused = sh('mkfifo pipe; $sum pipe tree/plain; code=$?; rm pipe; exit $code', ours());
    expect(refused).toMatchObject({ status: 1, stderr: 'sum: pipe: no process writes to this pipe\n' });
    expect(refused.stdout).toMatch(/ {2}tree\/plain\n$/);
  });

  const digest = '0'.repeat(64);
  const lists: Record<string, string> = {
    good: `$(sha256sum tree/plain)\n`,
    mixed: `$(sha256sum tree/plain)\njunk\n\n# comment\n${digest}  tree/plain\n${digest}  missing\n${digest} x\n`,
    'with a directory': `${digest}  tree\n$(sha256sum tree/plain)\n`,
    'only missing': `${digest}  missing\n${digest}  missing too\n`,
    'missing and good': `${digest}  missing\n$(sha256sum tree/plain)\n`,
    'missing and bad': `${digest}  missing\n${digest}  tree/plain\n`,
    'only junk': 'junk\nmore junk\n',
    'with Windows line ends': `$(sha256sum tree/plain)\r\n\r\njunk\r\n`,
    'without an end': `$(sha256sum tree/plain)`,
    'in capitals': `$(sha256sum tree/plain | tr a-f A-F)\n`,
    'with standard input': `$(echo -n some input | sha256sum)\n$(sha256sum tree/plain)\n`,
    'of another algorithm': `$(sha1sum tree/plain)\n$(sha256sum --tag tree/plain | tr A-Z a-z)\n`,
    'with no names': `${digest}\n${digest} \n${digest}  \nSHA256 () = ${digest}\n`,
    'of names that a message must quote': `${digest}  ab\\nc\n\\\\${digest}  d\\\\ne\n\\\\${digest}  d\\\\xe\n`,
    'with devices': `${digest}  /dev/null\n$(sha256sum /dev/null)\n`,
    'with NULs': `$(sha256sum tree/plain)\\0 more\n\\\\${digest}  x\\0\n\\0\nSHA256 (x) = ${digest}\\0 more\n`,
    empty: '',
  };
  test.each(Object.keys(lists))('about a list that is %s', (name) => {
    const write = `printf "${lists[name]}" > list`;
    for (const options of ['list', '--ignore-missing --strict -w < list']) {
      expectSame(`${write}; $sum -c ${options}`, 'sha256sum', '', 'some input');
    }
  });

  test.each([
    '--quiet',
    '--status',
    '--ignore-missing',
    '--strict',
    '-w --quiet',
    '--status -w',
    '--quiet --status',
  ])('about what to tell with %s', (options) =>
    expectSame(`printf "${lists['mixed']}" > list; $sum --check ${options} list`),
  );

  test('about a blank in one list, which a name in the next begins with', () => {
    const one = `printf "${digest} (x)\n" > one; sha256sum tree/plain | tee two > three`;
    expectSame(`${one}; $sum -c one two three; $sum -c two one three`);
  });

  test('about what can not be read', () => {
    expectSame('$sum - < tree; $sum tree/plain - < tree; echo $?');
    expectSame(`$sum '' tree/plain tree/loop tree/dangling tree/plain/x ${'x'.repeat(300)}; echo $?`);
  });

  test('about several lists, one of them missing, one a directory', () => {
    const script =
      'sha256sum tree/plain > good; echo junk > bad; $sum -c good nowhere bad good; echo $?; $sum -c tree; echo $?';
    const [mine, theirs] = [sh(script, ours()), sh(script, 'sha256sum')];
    expect(mine.stdout).toBe(theirs.stdout);
    expect(mine.stderr.replace('is a directory', 'read error')).toBe(theirs.stderr);
  });

  test.each(['--quiet', '-w', '--ignore-missing'])('%s has no meaning without --check', (option) => {
    expect(sh(`$sum ${option} tree/plain`, 'sha256sum').status).toBe(1);
    expect(sh(`$sum ${option} tree/plain`, ours())).toMatchObject({ status: 2, stdout: '' });
  });

  test.each(['-z', '--tag', '--json'])('%s does not go together with --check', (option) => {
    expect(sh(`$sum -c ${option} tree/plain`, ours())).toMatchObject({ status: 2, stdout: '' });
  });

  test('about which lines are checksums, whatever they look like', () => {
    const hex = fc.string({
      unit: fc.constantFrom(...'0123456789abcdefAF'.split('')),
      minLength: 31,
      maxLength: 33,
    });
    const empty = 'd41d8cd98f00b204e9800998ecf8427e';
    const marks = [
      'MD5',
      'MD',
      'md5',
      ' ',
      '  ',
      '\t',
      '\\',
      '(',
      ')',
      '=',
      ' = ',
      '*',
      '#',
      'name',
      '\r',
      'a b',
      '\\n',
      '\0',
    ];
    const piece = fc.oneof(fc.constantFrom(...marks), fc.constantFrom(...marks), hex, fc.constant(empty));
    const shaped = fc.tuple(
      piece,
      fc.constantFrom(' ', '  ', ' *', '\t', '\t ', ' ('),
      fc.array(piece, { maxLength: 4 }),
    );
    const line = fc.oneof(
      fc.array(piece, { maxLength: 9 }).map((pieces) => pieces.join('')),
      shaped.map(([first, blank, rest]) => `${first === 'MD5' ? '' : empty}${blank}${rest.join('')}`),
      shaped.map(([first, , rest]) => `MD5 (${rest.join('')}) = ${first}`),
    );
    for (const text of new Set(fc.sample(line, { numRuns: 300, seed: 7 }))) {
      const parsed = checksumParser(32, 'MD5')(text);
      const { stderr } = spawnSync('md5sum', ['--check', '--warn'], {
        input: Buffer.from(`${text}\n`, 'latin1'),
        encoding: 'latin1',
        cwd: folder,
      });
      const judged = stderr.includes(': 1: improperly')
        ? 'improper'
        : stderr.includes('no properly')
          ? 'ignored'
          : 'proper';
      const own = parsed === undefined ? 'improper' : parsed === 'ignored' ? 'ignored' : 'proper';
      expect(own, JSON.stringify(text)).toBe(judged);
    }
  });
});

/** Judges beside coreutils, of a tree whose names need no escaping, about which they differ. */
describe.each([
  ['b3sum', 'blake3', ''],
  ['xxhsum -q -H0', 'xxh32', ' --tag'],
  ['xxhsum -q -H1', 'xxh64', ' --tag'],
  ['xxhsum -q -H2', 'xxh128', ' --tag'],
  ['xxhsum -q -H3', 'xxh3', ' --tag'],
])('%s agrees', (judge, algorithm, tag) => {
  test.runIf(has(judge.split(' ')[0] as string))('about files of any size, and about lists', () => {
    const make =
      'rm -rf sizes; mkdir sizes; for n in 0 1 1000 1048576 3000000; do yes | head -c $n > sizes/$n; done;';
    const list = `${make} $sum${tag} $(find sizes -type f | LC_ALL=C sort)`;
    expectSame(list, judge, `-a ${algorithm}`);
    const check = `${make} ${judge}${tag} sizes/* > list; echo more >> sizes/1000; ${ours(`-a ${algorithm}`)} -c list`;
    const verdicts = sh(check, '').stdout.trim().split('\n');
    expect(verdicts.toSorted()).toEqual(
      ['0', '1000', '1048576', '1', '3000000'].map(
        (name) => `sizes/${name}: ${name === '1000' ? 'FAILED' : 'OK'}`,
      ),
    );
    // Standard input has no name to these.
    const digest = sh('printf abc | $sum', ours(`-a ${algorithm}`)).stdout.split(' ')[0] as string;
    expect(sh('printf abc | $sum -', judge).stdout).toContain(digest);
  });
});
