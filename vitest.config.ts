import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';
import { subpaths } from './subpaths.mjs';

/** Tests with real threads use the package as its users do: built, by its own name. */
const alias = subpaths.map(({ name, module }) => ({
  find: new RegExp(`^${name}$`),
  replacement: fileURLToPath(new URL(`./dist/${module}.js`, import.meta.url)),
}));

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    // They have runners of their own.
    exclude: ['test/projects/**', '**/node_modules/**'],
    typecheck: {
      enabled: true,
      include: ['test/**/*.test-d.ts'],
      tsconfig: './tsconfig.json',
      checker: 'tsc',
    },
    setupFiles: ['test/support/one-clock.ts'],
    pool: 'forks',
    // The tests start threads of their own, as many as there are cores.
    maxWorkers: 2,
    // Only a hang takes longer: what a test asserts does not depend on the speed of the machine.
    testTimeout: 180_000,
    hookTimeout: 180_000,
    alias,
  },
});
