import { spawnSync } from 'node:child_process';
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from '../support/fast-check.ts';
import { afterAll, describe, expect, test } from 'vitest';
import { makeOddTree, oddNames, ours, shell } from './odd-tree.ts';

/*
 * Options, names and lines of lists in combinations that nobody thought of; GNU coreutils is the judge. More of them:
 * GNU_RUNS=500 npx vitest run test/cli/gnu-random.test.ts
 */

const { GNU_RUNS, GNU_SEED } = process.env;
const runs = Number(GNU_RUNS ?? 12);
/** The same lines each time, unless more are asked for. */
const seed = GNU_SEED === undefined ? (GNU_RUNS === undefined ? 20261129 : undefined) : Number(GNU_SEED);
const folder = makeOddTree();
afterAll(() => rmSync(folder, { recursive: true }));

const files = oddNames.flatMap((name) => [`tree/${name}`, `tree/below\nhere/${name}`]);
const others = [
  'missing',
  'mis\nsing',
  'tree/link',
  'tree/dangling',
  'tree/loop',
  'tree/plain/x',
  '/dev/null',
];
const name = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom(...files) },
  fc.constantFrom(...others, '', '-'),
);

/** Each byte as bash reads it within $'…'. */
const quoted = (words: readonly string[]): string =>
  words.map((word) => `$'${word.replaceAll(/[^\w./-]/g, hex)}'`).join(' ');
const hex = (byte: string): string => `\\x${byte.charCodeAt(0).toString(16).padStart(2, '0')}`;

const empty = 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855';
const digest = (of: string): string =>
  spawnSync('sha256sum', [Buffer.from(of, 'latin1').toString()], { cwd: folder, encoding: 'latin1' })
    .stdout.replace(/^\\/, '')
    .slice(0, 64);
const digests = new Map(oddNames.map((each) => [each, digest(`tree/${each}`)]));

const line = fc
  .record({
    of: name,
    right: fc.boolean(),
    form: fc.constantFrom('  ', '  ', '  ', ' *', ' ', '\t', 'tag', 'other tag'),
    spoilt: fc.constantFrom('', '', '', '', '', ' lead', 'short', 'capital', '\\', '\0', ' '),
  })
  .map(({ of, right, form, spoilt }) => {
    let sum = (right && digests.get(of.slice(of.lastIndexOf('/') + 1))) || empty;
    if (spoilt === 'short') sum = sum.slice(1);
    if (spoilt === 'capital') sum = sum.toUpperCase();
    const escaped = /[\\\n\r]/.test(of) !== (spoilt === '\\');
    const shown = escaped
      ? of.replaceAll('\\', '\\\\').replaceAll('\n', '\\n').replaceAll('\r', '\\r')
      : of.replaceAll('\n', '');
    const body = form.endsWith('tag')
      ? `${form === 'tag' ? 'SHA256' : 'MD5'} (${shown}) = ${sum}`
      : `${sum}${form}${shown}`;
    return `${spoilt === ' lead' ? ' ' : ''}${escaped ? '\\' : ''}${body}${spoilt === '\0' || spoilt === ' ' ? spoilt : ''}`;
  });
const junk = fc.constantFrom('', '# comment', 'junk', '\\', '\r', '\0');
const list = fc
  .tuple(
    fc.array(fc.oneof({ weight: 5, arbitrary: line }, junk), { maxLength: 8 }),
    fc.constantFrom('\n', '\n', '\r\n'),
    fc.boolean(),
  )
  .map(([lines, end, ends]) => lines.join(end) + (ends ? end : ''));

const many = <T>(...values: T[]) => fc.array(fc.constantFrom(...values), { maxLength: 3 });

const hashing = fc
  .record({
    options: many('-z', '--zero', '-b', '--binary', '-bz'),
    tag: fc.constantFrom(['--tag'], ['-t'], ['--text'], []),
    names: fc.array(name, { maxLength: 5 }),
    input: fc.constantFrom('', 'some input'),
  })
  .map(({ options, tag, names, input }) => ({
    script: `$sum ${[...options, ...tag].join(' ')} -- ${quoted(names)}`,
    lists: [],
    input,
  }));

const checking = fc
  .record({
    options: many('--quiet', '--status', '-w', '--warn', '--strict', '--ignore-missing'),
    lists: fc.array(list, { minLength: 1, maxLength: 3 }),
    more: fc.constantFrom([], [], ['nowhere'], ['-'], ['/dev/null']),
    input: fc.oneof(fc.constant('some input'), list),
  })
  .map(({ options, lists, more, input }) => ({
    script: `$sum ${options.join(' ')} -c ${[...lists.map((_, at) => `list${at}`), ...more].join(' ')}`,
    lists,
    input,
  }));

describe.runIf(spawnSync('sha256sum', ['--version']).error === undefined)('GNU coreutils agrees', () => {
  test.each([
    ['hashing', hashing],
    ['checking', checking],
  ] as const)('about %s, whatever the combination', { timeout: 10_000 * runs }, (_, command) => {
    const property = fc.property<[{ script: string; lists: string[]; input: string }]>(
      command,
      ({ script, lists, input }) => {
        for (const [at, text] of lists.entries()) {
          writeFileSync(join(folder, `list${at}`), Buffer.from(text, 'latin1'));
        }
        expect(shell(folder, script, ours(), input)).toEqual(shell(folder, script, 'sha256sum', input));
      },
    );
    // A failure is told with its seed.
    fc.assert(property, {
      numRuns: runs,
      interruptAfterTimeLimit: 8000 * runs,
      ...(seed !== undefined && { seed }),
    });
  });
});
