import { expect, test } from 'vitest';
import { blocksOf, runBlock } from '../support/doc-blocks.ts';

/** What each block of the page prints, in their order. */
const prints = [
  'true\ntrue',
  '10',
  '1\n2\n3',
  'a large image 24\nn must be at most 1024, the permits of this semaphore, not 2000',
  'first a\nsecond b\nfirst c\nsecond d',
  "[ 'answer 1', 'answer 2', 'answer 3' ]",
  'too many requests\n9',
];

const blocks = blocksOf('docs/choosing-a-limit.md');

test('every block of the page is run', () => {
  expect(blocks).toHaveLength(prints.length);
});

test.each([...prints.entries()])('block %i of the page prints what it says', async (index, printed) => {
  expect(await runBlock(blocks[index] as string)).toBe(printed);
});
