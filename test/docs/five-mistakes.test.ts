import { expect, test } from 'vitest';
import { blocksOf, runBlock } from '../support/doc-blocks.ts';

/** What each block prints, by its first line. */
const prints: readonly [firstLine: string, printed: string][] = [
  ['// fails: 100 at a time', 'ERR_MILLRACE_INVALID_OPTION\n100'],
  ['// works: 4 at a time', '4'],
  ['// fails: stands still', '0 2'],
  [
    '// works: the permit is taken where the resource is used',
    "[ 'sales: result of select …', 'stock: result of select …' ]",
  ],
  ['// works: it is told at once, also when permits are free', 'ERR_MILLRACE_DEADLOCK'],
  ['// fails: every error costs a permit', '3 7'],
  ['// works: use() releases, and outcomes let the others go on', '5 2'],
  ['// fails: the service idles', '2'],
  ['// works: the service is busy', '20'],
  ['// fails: 1,000 results wait for their reader', '1000'],
  ['// works: 4 results wait for their reader', '1000 5'],
  ['// fails: the reader sees the first row when the last one is made', '0 100000'],
  ['// works: the task is 100 rows ahead of its reader', '1000 true'],
];

const blocks = blocksOf('docs/five-mistakes.md');

test('every block of the page is run', () => {
  expect(blocks.map((code) => code.split('\n')[0])).toEqual(prints.map(([firstLine]) => firstLine));
});

test.each(prints)('%s', async (firstLine, printed) => {
  expect(await runBlock(blocks.find((code) => code.startsWith(firstLine)) as string)).toBe(printed);
});
