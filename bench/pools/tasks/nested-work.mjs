import { current, tasks } from '../../../dist/worker.js';

const self = tasks(import.meta.url);

/** A binary tree of so many levels, whose leaves do nothing: with a join at each node, … */
export async function joined(levels) {
  if (levels === 0) return 1;
  const [a, b] = await current().join(self.joined(levels - 1), self.joined(levels - 1));
  return a + b;
}

/** … with two calls that are awaited, … */
export async function awaited(levels) {
  if (levels === 0) return 1;
  const [a, b] = [await awaited(levels - 1), await awaited(levels - 1)];
  return a + b;
}

/** … and with two calls. */
export const called = (levels) => (levels === 0 ? 1 : called(levels - 1) + called(levels - 1));

/** Tasks that wait for one another, so many levels deep. */
export async function deep(levels) {
  return levels === 0 ? 0 : 1 + (await current().run(self.deep(levels - 1)));
}

/** So many tasks side by side, all at once or a few at a time. */
export async function wide(count) {
  const me = current();
  await Promise.all(Array.from({ length: count }, () => me.run(self.empty())));
  return count;
}

export async function streamed(count) {
  let read = 0;
  for await (const _ of current().asCompleted(Array.from({ length: count }, () => self.empty()))) read++;
  return read;
}

export function empty() {}
