import { tasks } from 'millrace';
import { current, report } from 'millrace/worker';

const self = tasks(import.meta.url);

export function empty() {}

/** Submits so many tasks at once, and waits for all of them. */
export async function parent(children) {
  await Promise.all(Array.from({ length: children }, () => current().run(self.empty())));
}

/** Submits so many, and ends: they are withdrawn. */
export function leave(children) {
  for (let left = children; left > 0; left--)
    current()
      .run(self.empty())
      .catch(() => {});
}

export function reports(count) {
  for (let step = 0; step < count; step++) report(step);
}

export function* two() {
  yield 1;
  yield 2;
}

/** An error with so many properties that are not enumerable. */
export function fails(properties) {
  const error = new Error('with much on it');
  for (let index = 0; index < properties; index++)
    Object.defineProperty(error, `p${index}`, { value: index });
  throw error;
}
