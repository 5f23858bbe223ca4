import { tasks } from 'millrace';

/** The task module whose functions go wrong in every way there is. */
export const faults = tasks<typeof import('../fixtures/faults.mjs')>(
  new URL('../fixtures/faults.mjs', import.meta.url),
);
