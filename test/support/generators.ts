import { tasks } from 'millrace';

/** The task module of the tests of iterations. */
export const generators = tasks<typeof import('../fixtures/generators.mjs')>(
  new URL('../fixtures/generators.mjs', import.meta.url),
);
