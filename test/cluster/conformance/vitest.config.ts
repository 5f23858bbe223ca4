import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';
import base from '../../../vitest.config.ts';

const pathOf = (name: string): string => fileURLToPath(new URL(name, import.meta.url));
const set = base.test ?? {};
/** As the configuration has them: expressions and files. */
const aliases = set.alias as { find: RegExp; replacement: string }[];

/** The tests of one machine, over a cluster. */
export default defineConfig({
  root: pathOf('../../..'),
  test: {
    ...set,
    include: [
      'test/executor/**/*.test.ts',
      'test/faults/**/*.test.ts',
      'test/worker/**/*.test.ts',
      'test/server/**/*.test.ts',
      'test/flow/with-executor.test.ts',
    ],
    typecheck: { enabled: false },
    // A task costs about ten times what it costs on one machine, and one test has a million of them.
    testTimeout: 900_000,
    globalSetup: [pathOf('one-redis.ts')],
    setupFiles: ['test/support/one-clock.ts', pathOf('set-up.ts')],
    alias: aliases.map((each) =>
      each.find.source === '^millrace$' ? { ...each, replacement: pathOf('executor-over-cluster.ts') } : each,
    ),
  },
});
