import { expect, test } from 'vitest';
import { blocksOf, runBlock } from '../support/doc-blocks.ts';

/** What each program prints, by its first line. The block before it is its task module. */
const prints: readonly [firstLine: string, printed: string][] = [
  ['// main.mjs: counts with all cores', '17984'],
  ['// main.mjs: some may fail', "{ best: 3, without: [ 'closed: nobody there' ] }"],
  ['// main.mjs: a hundred tasks wait for each other, with one thread and one place', '100'],
  ['// main.mjs: the children stop with their parent', 'found elsewhere\n2'],
];

const blocks = blocksOf('docs/nested-tasks.md');
const isMain = (code: string) => code.startsWith('// main.mjs');

test('every program of the page is run', () => {
  expect(blocks.filter(isMain).map((code) => code.split('\n')[0])).toEqual(
    prints.map(([firstLine]) => firstLine),
  );
  expect(blocks.filter((code) => !isMain(code))).toHaveLength(prints.length);
});

test.each(prints)('%s', async (firstLine, printed) => {
  const index = blocks.findIndex((code) => code.startsWith(firstLine));
  expect(await runBlock(blocks[index] as string, [blocks[index - 1] as string])).toBe(printed);
});
