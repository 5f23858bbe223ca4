import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { exceptions } from './conformance/exceptions.ts';

const pathOf = (name: string): string => fileURLToPath(new URL(name, import.meta.url));

test.each([...new Set(exceptions.map(({ why }) => why))])(
  'the page on clusters names what differs from one machine: %s',
  (why) => {
    const page = readFileSync(pathOf('../../docs/cluster.md'), 'utf8');
    const [, differs = ''] = /## What differs from one machine\n(.*?)\n## /s.exec(page) ?? [];
    expect(differs.replaceAll(/\s+/g, ' ')).toContain(why);
  },
);

test.each(exceptions)('an exception is one of a file that is there: $file', ({ file }) => {
  expect(existsSync(pathOf(`../${file}`))).toBe(true);
});
