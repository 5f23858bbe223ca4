import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { build } from 'rolldown';

const here = (file) => new URL(file, import.meta.url);
const read = (file) => readFileSync(here(file), 'utf8');

/**
 * The inspector's page: one file of HTML with its script and its styles in it, and the hashes of both, for the page's policy.
 */
export async function buildPage() {
  const { output } = await build({
    input: here('main.ts').pathname,
    platform: 'browser',
    write: false,
    output: { format: 'iife', minify: true },
  });
  const script = output[0].code.trim().replaceAll('</script', '<\\/script');
  const uplot = readFileSync(new URL('uPlot.min.css', import.meta.resolve('uplot')), 'utf8');
  const style = `${uplot}${read('page.css')}`
    .replaceAll(/\/\*[^]*?\*\//g, '')
    .replaceAll(/\s*\n\s*/g, '')
    .trim();
  const html = read('page.html')
    .replace('<style></style>', () => `<style>${style}</style>`)
    .replace('<script></script>', () => `<script>${script}</script>`);
  return { html, script: hash(script), style: hash(style) };
}

/** As a content security policy names it. */
const hash = (text) => `sha256-${createHash('sha256').update(text).digest('base64')}`;
