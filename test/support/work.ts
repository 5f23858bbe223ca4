import { tasks } from 'millrace';

/** The task module that most tests with real threads use. */
export const work = tasks<typeof import('../fixtures/work.mjs')>(
  new URL('../fixtures/work.mjs', import.meta.url),
);
