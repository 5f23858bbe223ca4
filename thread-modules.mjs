import { readdirSync, readFileSync } from 'node:fs';

const src = new URL('src/', import.meta.url);

/**
 * The modules that threads load, by the one list there is: what `src/` names in a call of `threadModule()` (`src/package-file.ts`).
 * Each is a path in `src/` (a `.ts`) and in `dist/` (a `.cjs`).
 */
export const threadModules = [
  ...new Set(
    readdirSync(src, { recursive: true, encoding: 'utf8' })
      .filter((file) => file.endsWith('.ts'))
      .flatMap((file) => [...readFileSync(new URL(file, src), 'utf8').matchAll(/threadModule\('([^']+)'\)/g)])
      .map(([, module]) => module),
  ),
].toSorted();

/** Those of `millrace/tasks`: `src/tasks/index.ts` names them. */
export const readyMadeModules = threadModules.filter((module) => module.startsWith('tasks/ready-made/'));
