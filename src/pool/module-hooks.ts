import { encodeReason } from './error-codec.ts';
import type { ModuleExports } from './module-exports.ts';
import type { Left } from './wire.ts';

/** Modules that have been set up in this thread, in that order. */
const setUpModules = new Map<string, ModuleExports>();

/**
 * Calls a task module's `setup()`, if it exports one, before the first task of the module in this thread. Rejects with
 * what it throws: then the task that waits for it fails, and the next one tries again.
 */
export async function setUp(module: string, exports: ModuleExports): Promise<void> {
  if (setUpModules.has(module)) return;
  await callHook(exports, 'setup');
  setUpModules.set(module, exports);
}

/** Calls the `teardown()` of every module, the last one to be set up first; one that fails does not stop the others. */
export async function tearDown(): Promise<Left['left']> {
  const failures: Left['left'][number][] = [];
  for (const [module, exports] of [...setUpModules].toReversed()) {
    try {
      await callHook(exports, 'teardown');
    } catch (error) {
      failures.push([module, encodeReason(error)]);
    }
  }
  return failures;
}

async function callHook(exports: ModuleExports, name: 'setup' | 'teardown'): Promise<void> {
  const hook = exports.get(name);
  if (typeof hook === 'function') await hook();
}
