import { cpSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, posix } from 'node:path';

const single = ['README.md', 'CHANGELOG.md', 'CONTRIBUTING.md', 'SECURITY.md'];

/** Copies the pages of the repository to where they stand there, so that their links hold, and this folder's own beside them. */
export function copyPages(root, to) {
  const docs = readdirSync(join(root, 'docs')).map((name) => `docs/${name}`);
  for (const path of [...single, ...docs]) copy(root, to, path);
  for (const name of readdirSync(join(root, 'examples'))) writeExample(root, to, name);
  cpSync(join(root, 'site', 'pages'), to, { recursive: true });
}

function copy(root, to, path) {
  mkdirSync(dirname(join(to, path)), { recursive: true });
  if (!path.endsWith('.md')) return cpSync(join(root, path), join(to, path));
  return writeFileSync(join(to, path), withLinks(readFileSync(join(root, path), 'utf8'), path));
}

/** An example's README, if it has one, and its source. */
function writeExample(root, to, name) {
  const folder = `examples/${name}`;
  const files = readdirSync(join(root, folder));
  const readme = files.includes('README.md')
    ? withLinks(readFileSync(join(root, folder, 'README.md'), 'utf8'), `${folder}/README.md`)
    : `# ${name}\n`;
  const sources = files
    .filter((file) => file.endsWith('.js'))
    .map((file) => `\n## ${file}\n\n\`\`\`js\n${readFileSync(join(root, folder, file), 'utf8')}\`\`\`\n`);
  mkdirSync(join(to, folder), { recursive: true });
  for (const file of files.filter((each) => each.endsWith('.svg')))
    cpSync(join(root, folder, file), join(to, folder, file));
  writeFileSync(join(to, folder, 'README.md'), readme + sources.join(''));
}

/** Source of an example stands on its page; of other source and of tests only the name. */
function withLinks(text, path) {
  return text.replaceAll(/\[([^\]]*)\]\(((?!\w+:|#)[^)\s]+)\)/g, (link, label, target) => {
    const file = posix.join(posix.dirname(path), target.replace(/#.*$/, ''));
    const [, example, source] = /^examples\/([^/]+)\/(.+\.js)$/.exec(file) ?? [];
    if (example !== undefined)
      return `[${label}](/examples/${example}/README.md#${source.replaceAll('.', '-')})`;
    return /^(?:src|test|bench)\/|^LICENSE$/.test(file) ? label : link;
  });
}
