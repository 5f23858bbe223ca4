import { expect, test } from 'vitest';
import { blocksOf, runBlock } from '../support/doc-blocks.ts';

test('the examples of the page run as printed', async () => {
  const [files, littlesLaw, ...others] = blocksOf('docs/choosing-a-limit.md') as [string, string];
  expect(others).toEqual([]);
  expect(await runBlock(files)).toBe('true\ntrue');
  expect(await runBlock(littlesLaw)).toBe('10');
});
