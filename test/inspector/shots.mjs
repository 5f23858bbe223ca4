import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, writeFileSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { chromium } from 'playwright-core';
import sharp from 'sharp';

/*
 * `npm run shots`: the pictures of docs/inspector.md, taken from the running page. Needs Debian's Chromium.
 */

const here = (path) => fileURLToPath(new URL(path, import.meta.url));

/** The file, the scene, how it is looked at, and for how long it has to run before. */
const shots = [
  { file: 'light', scene: 'mixture', width: 1200, height: 1440, seconds: 14 },
  { file: 'dark', scene: 'mixture', width: 1200, height: 1440, seconds: 14, colorScheme: 'dark' },
  { file: 'phone', scene: 'mixture', width: 390, height: 1400, seconds: 14 },
  { file: 'threads', scene: 'threads-limit', width: 1000, height: 640, seconds: 16 },
  { file: 'main', scene: 'main-limit', width: 1000, height: 830, seconds: 16 },
  { file: 'source', scene: 'source-slow', width: 1000, height: 900, seconds: 16, from: '.wrong' },
];

const executablePath = ['/usr/bin/chromium', '/usr/bin/chromium-browser'].find((path) => existsSync(path));
const browser = await chromium.launch({ executablePath, args: ['--no-sandbox'] });
let total = 0;
for (const { file, scene, width, height, seconds, colorScheme = 'light', from } of shots) {
  const child = spawn(process.execPath, [here('scenes.mjs'), scene], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [line] = await once(child.stdout, 'data');
  const page = await browser.newPage({ viewport: { width, height }, colorScheme });
  await page.goto(String(line).trim());
  await pause(seconds * 1000);
  const picture = await page.screenshot(from === undefined ? {} : { clip: await stripOf(page, from, width) });
  // Text stays readable, and a picture is a tenth of what it is as PNG.
  const bytes = await sharp(picture).webp({ quality: 62, effort: 6 }).toBuffer();
  total += bytes.length;
  writeFileSync(here(`../../docs/inspector-${file}.webp`), bytes);
  console.log(
    `docs/inspector-${file}.webp: ${bytes.length} bytes, “${await page.textContent('.verdict h1')}”`,
  );
  await page.close();
  child.kill('SIGKILL');
}
await browser.close();
console.log(`${total} bytes in all`);

/** The row of panels in which this one is, over the whole width. */
async function stripOf(page, selector, width) {
  const panel = page.locator(selector);
  await panel.scrollIntoViewIfNeeded();
  const { y, height } = await panel.boundingBox();
  return { x: 0, y: y - 8, width, height: Math.min(height, 260) + 16 };
}
