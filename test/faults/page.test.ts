import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';

const root = new URL('../../', import.meta.url);
const page = readFileSync(new URL('docs/faults.md', root), 'utf8');
const named = [...page.matchAll(/`(test\/[^`]+)` “([^”]+)”/g)];

test('every test that docs/faults.md names is there', () => {
  expect(named.length).toBeGreaterThan(40);
  const missing = named.filter(([, file = '', name = '']) => {
    const source = readFileSync(new URL(file, root), 'utf8');
    return !source.includes(`'${name.replaceAll('\n', ' ')}`);
  });
  expect(missing.map(([whole]) => whole)).toEqual([]);
});

test('every row of its tables of faults names one', () => {
  const [own = ''] = page.split('## The same faults elsewhere');
  const rows = own.split('\n').filter((line) => line.startsWith('| ') && !line.startsWith('| fault'));
  expect(rows.filter((row) => !/`test\/[^`]+` “/.test(row))).toEqual([]);
});
