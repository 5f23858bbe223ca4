import { existsSync, mkdirSync, readdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pLimit from 'p-limit';
import sharp from 'sharp';
import { Executor } from 'millrace';
import { images, prepareImages } from 'millrace/tasks';
import { interleaved, median, seconds } from '../harness/measure.ts';
import { row } from '../harness/scenario.ts';
import type { Scenario } from '../harness/scenario.ts';

const backgrounds = '/usr/share/backgrounds/mate';

/** Photographs to 800 pixels of WebP, beside sharp called directly at its best concurrency. */
export const photographs: Scenario = async ({ threads, rounds }) => {
  const files = await pictures();
  await prepareImages();
  await using executor = new Executor({ workers: threads });
  await executor.ready();
  const expected = new Set<number>();
  const direct = (limit: number, perImage: number) => async (): Promise<void> => {
    sharp.cache(false);
    sharp.concurrency(perImage);
    const limited = pLimit(limit);
    const images = await Promise.all(
      files.map((file) => limited(() => sharp(file).autoOrient().resize({ width: 800 }).webp().toBuffer())),
    );
    sharp.concurrency(1);
    expected.add(images.reduce((sum, { byteLength }) => sum + byteLength, 0));
  };
  const ways: [string, () => Promise<void>][] = [
    [
      'millrace',
      async () => {
        let bytes = 0;
        for await (const { data } of executor.map(files, toTask)) bytes += data?.byteLength ?? 0;
        expected.add(bytes);
      },
    ],
    ...[1, 2, 3, 4].flatMap((limit): [string, () => Promise<void>][] => [
      [`sharp, p-limit ${limit}, 1 thread an image`, direct(limit, 1)],
      [`sharp, p-limit ${limit}, ${threads} threads an image`, direct(limit, threads)],
    ]),
  ];
  const figures = await interleaved(ways, rounds, ([, run]) => seconds(run));
  if (expected.size !== 1) throw new Error(`images of different sizes: ${[...expected].join()} bytes`);
  const rates = [...figures].map(([[name], times]) => [name, files.length / median(times)] as const);
  const [best] = rates.filter(([name]) => name !== 'millrace').toSorted((a, b) => b[1] - a[1]);
  return [
    row('photographs to 800 px WebP', 'images/s', true, [
      ...rates,
      ['sharp directly, best', best?.[1] ?? NaN],
    ]),
  ];
};

const toTask = (file: string) => images.resize(file, { width: 800, format: 'webp' });

/** Debian's mate-backgrounds where they are installed, else pictures of noise. */
async function pictures(): Promise<string[]> {
  if (existsSync(backgrounds)) {
    const all = readdirSync(backgrounds, { recursive: true }) as string[];
    return all.filter((file) => /\.(jpe?g)$/.test(file)).map((file) => join(backgrounds, file));
  }
  const folder = join(tmpdir(), 'millrace-bench-pictures');
  mkdirSync(folder, { recursive: true });
  const names = Array.from({ length: 16 }, (_, index) => join(folder, `${index}.jpg`));
  for (const name of names) {
    if (existsSync(name)) continue;
    const noise = { type: 'gaussian', mean: 128, sigma: 40 } as const;
    await sharp({ create: { width: 2400, height: 1600, channels: 3, background: 'gray', noise } }).toFile(
      name,
    );
  }
  return names;
}
