import { readdirSync } from 'node:fs';
import { defineConfig } from 'vitepress';

const link = (text, to) => ({ text, link: to });
const api = readdirSync(new URL('../.generated/reference/api', import.meta.url), {
  recursive: true,
  encoding: 'utf8',
})
  .filter((file) => file.endsWith('.md') && file !== 'README.md')
  .toSorted()
  .map((file) => {
    const name = file.replaceAll('\\', '/').replace(/\.md$/, '');
    const subpath = name.replace(/^server\/|^index$|-1$|ready-made\/|namespaces\/|\/README$/g, '');
    return link(subpath === '' ? 'millrace' : `millrace/${subpath}`, `/reference/api/${name}`);
  });

export default defineConfig({
  title: 'Millrace',
  description: 'A bounded worker-thread executor for CPU-bound work on Node.js',
  srcDir: '.generated',
  outDir: 'dist',
  cleanUrls: false,
  head: [['link', { rel: 'icon', href: '/favicon.svg', type: 'image/svg+xml' }]],
  rewrites: { 'README.md': 'overview.md' },
  markdown: { theme: { light: 'github-light', dark: 'github-dark' } },
  themeConfig: {
    search: { provider: 'local' },
    outline: [2, 3],
    nav: [
      link('Guide', '/docs/guide'),
      link('Recipes', '/recipes/'),
      link('Reference', '/reference/'),
      link('Migration', '/migrate/'),
    ],
    sidebar: [
      {
        text: 'Begin',
        items: [link('Overview', '/overview'), link('Guide', '/docs/guide'), link('Recipes', '/recipes/')],
      },
      {
        text: 'Reference',
        items: [
          ...api,
          link('Command line', '/reference/command-line'),
          link('Error codes', '/reference/errors'),
          link('Channels', '/reference/channels'),
        ],
      },
      {
        text: 'Topics',
        items: [
          link('Overload', '/docs/overload'),
          link('Frameworks', '/docs/frameworks'),
          link('Bundling', '/docs/bundling'),
          link('Testing', '/docs/testing'),
          link('Cluster', '/docs/cluster'),
          link('Inspector', '/docs/inspector'),
          link('Choosing a limit', '/docs/choosing-a-limit'),
          link('Five mistakes', '/docs/five-mistakes'),
          link('Streams', '/docs/streams'),
          link('Nested tasks', '/docs/nested-tasks'),
          link('Faults', '/docs/faults'),
          link('Speed', '/docs/speed'),
          link('Architecture', '/docs/architecture'),
        ],
      },
      {
        text: 'Coming from …',
        items: [
          link('Piscina', '/migrate/piscina'),
          link('workerpool', '/migrate/workerpool'),
          link('p-limit, p-map', '/migrate/p-limit'),
          link('ThreadPoolExecutor', '/migrate/thread-pool-executor'),
          link("BullMQ's sandbox", '/migrate/bullmq'),
        ],
      },
      {
        text: 'Project',
        items: [
          link('Changelog', '/CHANGELOG'),
          link('Contributing', '/CONTRIBUTING'),
          link('Security', '/SECURITY'),
        ],
      },
    ],
  },
});
