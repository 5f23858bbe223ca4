/*
 * Tells the size of a directory tree, and how long each of three ways takes that are in directory-size.js.
 *
 *   node examples/nested/du.js [PATH]               default: the working directory
 */
import { Executor, tasks } from 'millrace';

const size = tasks(new URL('./directory-size.js', import.meta.url));
const [path = '.'] = process.argv.slice(2);

const executor = new Executor();
await executor.ready();
// The first one waits for the disk; the others find in memory what it has read.
const { bytes, files, skipped } = await executor.run(size.sizeAlone(path));
console.log(`${bytes} bytes in ${files} files${skipped > 0 ? `, ${skipped} skipped` : ''}`);

for (const [name, make] of Object.entries({
  'one thread': size.sizeAlone,
  'a task for each directory': size.sizeByTasks,
  join: size.sizeByJoin,
})) {
  const { submitted } = executor.stats();
  const start = performance.now();
  const found = await executor.run(make(path));
  const took = performance.now() - start;
  const count = executor.stats().submitted - submitted;
  console.log(
    `${name.padEnd(28)}${took.toFixed(0).padStart(6)} ms, ${count} ${count === 1 ? 'task' : 'tasks'}`,
  );
  if (found.bytes !== bytes) console.log(`  ${found.bytes} bytes: the tree has changed meanwhile`);
}
await executor.shutdown();
if (skipped > 0) process.exitCode = 1;
