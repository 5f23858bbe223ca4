import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

/** Tests with real threads use the package as its users do: built, by its own name. */
const built = (file: string) => fileURLToPath(new URL(`./dist/${file}`, import.meta.url));

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
    pool: 'forks',
    // The tests start threads of their own, as many as there are cores.
    maxWorkers: 2,
    testTimeout: 30_000,
    alias: [
      { find: /^millrace$/, replacement: built('index.js') },
      { find: /^millrace\/flow$/, replacement: built('flow/index.js') },
      { find: /^millrace\/tasks$/, replacement: built('tasks/index.js') },
      { find: /^millrace\/worker$/, replacement: built('worker.js') },
      { find: /^millrace\/(http|fastify|express|metrics)$/, replacement: built('server/$1.js') },
    ],
  },
});
