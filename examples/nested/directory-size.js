/*
 * The size of a directory tree, in three ways: by one thread, with a task for each directory, and with `join`.
 *
 * Counted are the bytes of all that is no directory, as `lstat` tells them: links are not followed, and a file counts once for
 * each of its names. So does
 *
 *   find PATH ! -type d -printf '%s\n' | awk '{ bytes += $1 } END { print bytes }'
 *
 * while `du -sb` (`--apparent-size` in bytes) counts a file once if it has several names (`-l` counts each), and, in older
 * versions, the directories themselves.
 *
 * What can't be read, or is not there any more, is left out and counted.
 */
import { lstatSync, readdirSync } from 'node:fs';
import { current, tasks } from 'millrace/worker';

const self = tasks(import.meta.url);

/** By one thread, as a plain function. */
export function sizeAlone(path) {
  const { size, directories } = look(path);
  return directories.map(sizeAlone).reduce(sum, size);
}

/** Each directory is a task, which runs a task for each directory in it: a few at a time, however many there are. */
export async function sizeByTasks(path) {
  const me = current();
  const { size, directories } = look(path);
  let total = size;
  for await (const future of me.asCompleted(directories.map((each) => self.sizeByTasks(each)))) {
    total = sum(total, await future.result());
  }
  return total;
}

/** The directories by halves: what no other worker takes is a call, and no task. */
export async function sizeByJoin(path) {
  const { size, directories } = look(path);
  return directories.length === 0 ? size : sum(size, await sizeOfAll(directories));
}

export async function sizeOfAll(paths) {
  if (paths.length === 1) return sizeByJoin(paths[0]);
  const middle = paths.length >>> 1;
  const [a, b] = await current().join(
    self.sizeOfAll(paths.slice(0, middle)),
    self.sizeOfAll(paths.slice(middle)),
  );
  return sum(a, b);
}

/** What lies in a directory itself, and the directories in it. */
function look(path) {
  const size = { bytes: 0, files: 0, skipped: 0 };
  const directories = [];
  const read = (entry) => {
    const inside = `${path}/${entry.name}`;
    if (entry.isDirectory()) return directories.push(inside);
    size.bytes += lstatSync(inside).size;
    return size.files++;
  };
  const orSkip = (action) => {
    try {
      return action();
    } catch {
      size.skipped++;
      return [];
    }
  };
  for (const entry of orSkip(() => readdirSync(path, { withFileTypes: true }))) orSkip(() => read(entry));
  return { size, directories };
}

const sum = (a, b) => ({
  bytes: a.bytes + b.bytes,
  files: a.files + b.files,
  skipped: a.skipped + b.skipped,
});
