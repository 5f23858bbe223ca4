import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import sharp from 'sharp';
import { afterAll, expect, test } from 'vitest';

const example = fileURLToPath(new URL('../../examples/cluster/', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'millrace-cluster-example-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test('makes the thumbnails of a folder on two hosts, and tells of what is no picture', async () => {
  const pictures = join(folder, 'pictures');
  const thumbnails = join(folder, 'thumbnails');
  mkdirSync(pictures);
  for (let n = 0; n < 20; n++) {
    const background = { r: 10 * n, g: 0, b: 0 };
    const picture = await sharp({ create: { width: 400, height: 300, channels: 3, background } })
      .png()
      .toBuffer();
    writeFileSync(join(pictures, `${String(n).padStart(2, '0')}.png`), picture);
  }
  writeFileSync(join(pictures, 'broken.png'), 'no picture');
  const args = [join(example, 'start.js'), pictures, thumbnails];
  const { stdout, stderr } = await promisify(execFile)(process.execPath, args, { cwd: folder });
  expect(stdout).toMatch(/^20 thumbnails, 1 failed, on [12] hosts$/m);
  expect(stderr).toMatch(/^broken\.png: /m);
  expect(readdirSync(thumbnails).length).toBe(20);
  const made = await sharp(readFileSync(join(thumbnails, '07.webp'))).metadata();
  expect(made).toMatchObject({ width: 200, height: 150, format: 'webp' });
});
