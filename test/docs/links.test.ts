import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, posix } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import manifest from '../../package.json' with { type: 'json' };

const root = fileURLToPath(new URL('../../', import.meta.url));
const packed = ['README.md', 'LICENSE', 'package.json', ...manifest.files];
const pages = packed.flatMap((name) => {
  if (name.endsWith('.md')) return [name];
  return name === 'docs' || name === 'examples'
    ? readdirSync(join(root, name), { recursive: true, encoding: 'utf8' })
        .filter((file) => file.endsWith('.md'))
        .map((file) => posix.join(name, file.replaceAll('\\', '/')))
    : [];
});

const textOf = (page: string) => readFileSync(join(root, page), 'utf8').replaceAll(/```[\s\S]*?```/g, '');

/** As GitHub and npm make them of headings. */
const anchorsOf = (page: string) =>
  [...textOf(page).matchAll(/^#+ (.+)$/gm)].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N}\s_-]/gu, '')
      .trim()
      .replaceAll(/\s/g, '-'),
  );

function wrong(page: string, link: string): string | undefined {
  const [path = '', anchor] = link.split('#');
  const file = path === '' ? page : posix.join(posix.dirname(page), path);
  if (!existsSync(join(root, file))) return 'is not there';
  if (!packed.some((each) => file === each || file.startsWith(`${each}/`))) return 'is not in the package';
  if (anchor === undefined || !file.endsWith('.md') || anchorsOf(file).includes(anchor)) return undefined;
  return 'has no such heading';
}

test('every link of the pages in the package leads to a file and a heading in the package', () => {
  const links = pages.flatMap((page) =>
    [...textOf(page).matchAll(/\]\((?!\w+:)([^)\s]+)\)/g)].map(([, link = '']) => ({ page, link })),
  );
  expect(pages.length).toBeGreaterThan(10);
  expect(links.length).toBeGreaterThan(50);
  const found = links.map(({ page, link }) => ({ page, link, wrong: wrong(page, link) }));
  expect(found.filter((each) => each.wrong !== undefined)).toEqual([]);
});
