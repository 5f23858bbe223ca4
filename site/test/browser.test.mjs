import assert from 'node:assert/strict';
import { createReadStream, existsSync, statSync } from 'node:fs';
import { createServer } from 'node:http';
import { extname, join } from 'node:path';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { chromium } from 'playwright-core';

/* The built site as a reader sees it, in Debian's Chromium without a window. */

const root = fileURLToPath(new URL('../dist', import.meta.url));
const types = {
  '.html': 'text/html',
  '.js': 'text/javascript',
  '.css': 'text/css',
  '.svg': 'image/svg+xml',
  '.json': 'application/json',
  '.txt': 'text/plain',
};
const executablePath = ['/usr/bin/chromium', '/usr/bin/chromium-browser'].find((path) => existsSync(path));

let server;
let browser;
let page;
let address;
const problems = [];

before(async () => {
  server = createServer((request, response) => {
    const { pathname } = new URL(request.url, 'http://localhost');
    const file = join(root, pathname.endsWith('/') ? `${pathname}index.html` : decodeURIComponent(pathname));
    if (!file.startsWith(root) || statSync(file, { throwIfNoEntry: false })?.isFile() !== true) {
      response.writeHead(404).end();
      return;
    }
    response.writeHead(200, { 'content-type': types[extname(file)] ?? 'application/octet-stream' });
    createReadStream(file).pipe(response);
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  address = `http://127.0.0.1:${server.address().port}`;
  browser = await chromium.launch({ executablePath, args: ['--no-sandbox'] });
  page = await browser.newPage();
  page.setDefaultTimeout(60_000);
  page.on('console', (message) => message.type() === 'error' && problems.push(message.text()));
  page.on('pageerror', (error) => problems.push(String(error)));
  page.on(
    'response',
    (response) => response.status() >= 400 && problems.push(`${response.status()} ${response.url()}`),
  );
});
after(async () => {
  await browser?.close();
  server.close();
});

test('the home page says what it is, and leads to the guide', async () => {
  await page.goto(`${address}/`);
  assert.match(await page.textContent('h1'), /Millrace/);
  await page.click('.VPHero a.brand');
  await page.waitForURL('**/docs/guide.html');
  await page.waitForSelector('main h2');
});

test('a search finds an option, and its page has it', async () => {
  await page.goto(`${address}/`);
  await page.click('.VPNavBarSearch button');
  await page.fill('#localsearch-input', 'maxPendingBytes');
  await page.waitForSelector('.VPLocalSearchBox .result');
  await page.keyboard.press('Enter');
  await page.waitForURL((url) => url.pathname !== '/');
  assert.match(await page.textContent('main'), /maxPendingBytes/);
});

test('the command line’s options are on their page', async () => {
  await page.goto(`${address}/reference/command-line.html`);
  assert.match(await page.textContent('main'), /--ignore-missing/);
});

test('pictures are there, and it can be dark', async () => {
  await page.goto(`${address}/docs/overload.html`);
  const widths = await page.$$eval('main img', (images) => images.map(({ naturalWidth }) => naturalWidth));
  assert.ok(widths.length > 0 && widths.every((width) => width > 0), `pictures of ${widths} pixels`);
  await page.click('.VPNavBarAppearance button');
  assert.equal(await page.evaluate(() => document.documentElement.classList.contains('dark')), true);
});

test('llms.txt lists the pages', async () => {
  const text = await (await fetch(`${address}/llms.txt`)).text();
  const links = [...text.matchAll(/\]\((\/[^)]+)\)/g)].map(([, link]) => link);
  assert.ok(links.length > 20);
  for (const link of links) assert.equal((await fetch(address + link)).status, 200, link);
});

test('there was no error in the console', () => assert.deepEqual(problems, []));
