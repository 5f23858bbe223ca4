import { AsyncLocalStorage } from 'node:async_hooks';
import { InvalidTaskError } from '../../base/errors.ts';
import { taskHost } from './running-task.ts';

/** A task module that is being imported or set up. */
interface Load {
  readonly module: string;
  ended: boolean;
}

/** What loading a module runs, at once or later, is known by its asynchronous context: the thread does other things meanwhile. */
const context = new AsyncLocalStorage<Load>();
/** Loads that have not ended. */
let open = 0;
/** Something goes on that loading has started. */
let goesOn = false;
/** What was said to modules that made an executor. They may have taken no notice, but are no task modules. */
const refusals = new Map<string, InvalidTaskError>();

/** Imports a task module or sets it up. Rejects also if that made an executor, and went on when it was refused. */
export async function loading<T>(module: string, load: () => Promise<T>): Promise<T> {
  const active = activeResources();
  const own: Load = { module, ended: false };
  open++;
  try {
    checkRefused(module);
    const loaded = await context.run(own, load);
    checkRefused(module);
    return loaded;
  } finally {
    own.ended = true;
    goesOn ||= activeResources() > active;
    // Before Node 24 it makes every promise dearer while it is in use.
    if (--open === 0 && !goesOn) context.disable();
  }
}

export const threadPlace = {
  check(): void {
    const load = context.getStore();
    if (load !== undefined) throw refuse(load.module);
    if (taskHost()?.isAtWork === true) return;
    throw new InvalidTaskError(
      'no task runs in this thread of an executor, and only a task can make another executor in it',
    );
  },

  loading(): string | undefined {
    if (open === 0) return undefined;
    const load = context.getStore();
    return load?.ended === false ? load.module : undefined;
  },
};

function refuse(module: string): InvalidTaskError {
  const error = new InvalidTaskError(
    `loading the task module ${module} makes an executor, and so would each of its threads: ` +
      'move the functions that are tasks to a module of their own, or make the executor only if (isMainThread)',
  );
  refusals.set(module, error);
  return error;
}

function checkRefused(module: string): void {
  const refusal = refusals.get(module);
  if (refusal !== undefined) throw refusal;
}

/** Timers, reads, sockets. The thread's own are its ports, and the files of modules, which are closed late. */
const activeResources = (): number =>
  process.getActiveResourcesInfo().filter((type) => type !== 'MessagePort' && type !== 'CloseReq').length;
