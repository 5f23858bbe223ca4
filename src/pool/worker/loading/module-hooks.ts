import { encodeReason } from '../../wire/error-codec.ts';
import type { ModuleExports } from './module-exports.ts';
import { loading } from './module-loads.ts';
import type { Left } from '../../wire/messages.ts';

/** Modules that this thread has set up, in order, by identity: a module may have several URLs. */
const setUpModules = new Map<object, { readonly module: string; readonly exports: ModuleExports }>();
const beingSetUp = new Map<object, Promise<void>>();

/**
 * Calls a task module's `setup()`, if it exports one, before the module's first task in this thread. Rejects with the error
 * that `setup()` throws: the tasks that wait for it fail, and the next task tries again.
 */
export async function setUp(module: string, exports: ModuleExports): Promise<void> {
  const { identity } = exports;
  if (setUpModules.has(identity)) return;
  let done = beingSetUp.get(identity);
  if (done === undefined) {
    done = loading(module, () => callHook(exports, 'setup'))
      .then(() => void setUpModules.set(identity, { module, exports }))
      .finally(() => beingSetUp.delete(identity));
    beingSetUp.set(identity, done);
  }
  return done;
}

/** Calls the `teardown()` of every module, in reverse order of setup; a failure does not stop the others. */
export async function tearDown(): Promise<Left['left']> {
  const failures: Left['left'][number][] = [];
  for (const { module, exports } of [...setUpModules.values()].toReversed()) {
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
