/*
 * Thumbnails of a folder, made on whatever hosts the queue has.
 *
 *   node main.js PICTURES THUMBNAILS        with MILLRACE_REDIS_URL and MILLRACE_SECRET in the environment
 *
 * Hosts share no disk with this program: pictures travel as arguments, thumbnails as results. Sixteen at a time, so neither this
 * program nor Redis ever holds the folder.
 */
import { ClusterExecutor } from 'millrace/cluster';
import { images } from 'millrace/tasks';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join, parse } from 'node:path';

const [from = 'pictures', to = 'thumbnails'] = process.argv.slice(2);
const names = (await readdir(from))
  .filter((name) => /\.(?:jpe?g|png|webp|gif|tiff?)$/i.test(name))
  .toSorted();
await mkdir(to, { recursive: true });

const executor = new ClusterExecutor({
  connection: process.env.MILLRACE_REDIS_URL ?? 'redis://127.0.0.1:6379',
  queue: 'thumbs',
  secret: process.env.MILLRACE_SECRET,
});

async function* pictures() {
  for (const name of names) yield await readFile(join(from, name));
}

/** A host that dies may have made a thumbnail already: to make it again does no harm. */
const thumbnail = (bytes) =>
  images.resize(bytes, { width: 200, format: 'webp', withoutEnlargement: true }).with({ retries: 2 });

let index = 0;
let failed = 0;
for await (const outcome of executor.map(pictures(), thumbnail, { window: 16, outcomes: true })) {
  const name = names[index++];
  if (outcome.status === 'fulfilled')
    await writeFile(join(to, `${parse(name).name}.webp`), outcome.value.data);
  else {
    failed++;
    console.error(`${name}: ${outcome.reason.message}`);
  }
}
const hosts = executor.hosts().map(({ machine, pid }) => `${machine}:${pid}`);
console.log(`${index - failed} thumbnails, ${failed} failed, on ${hosts.length} hosts`);
await executor.shutdown();
