import { fileURLToPath } from 'node:url';

/**
 * Options of an executor in whose threads the clock stands still. No task takes time there, however busy the machine is: so the
 * executor knows each function as quick once it has run.
 */
export const standingClock: { readonly execArgv: string[] } = {
  execArgv: ['--require', fileURLToPath(new URL('../fixtures/standing-clock.cjs', import.meta.url))],
};
