import { cpSync } from 'node:fs';
import { build } from 'rolldown';

/*
 * What the package runs: a file for each module that is named from outside or by a URL, and what these share in a few more, so
 * that a class is there once, whoever imports it. As a hundred small modules the library took 83 instead of 50 ms to import, and
 * 122 instead of 106 ms from there to the first result.
 */
const named = [
  'index',
  'worker',
  'flow/index',
  'tasks/index',
  'server/http',
  'server/fastify',
  'server/express',
  'server/metrics',
  'cli',
  // Task modules, and what a thread begins with: `packageFile()` names them, and must stand above them.
  'package-file',
  'tasks/hashing',
  'tasks/images',
  'tasks/evaluate',
  'pool/check-task',
  'pool/worker-entry',
];

await build({
  input: Object.fromEntries(named.map((name) => [name, `src/${name}.ts`])),
  platform: 'node',
  external: /^[^./]/,
  output: {
    dir: 'dist',
    format: 'esm',
    chunkFileNames: 'shared-[hash].js',
    sourcemap: true,
  },
});
cpSync('src/pool/worker-boot.cjs', 'dist/pool/worker-boot.cjs');
