import { AsyncLocalStorage } from 'node:async_hooks';
import { InvalidTaskError } from '../../../base/errors.ts';
import { taskHost } from '../running-task.ts';

/** The import or setup of a task module. */
interface Load {
  readonly module: string;
  ended: boolean;
}

/** Identifies code that loading a module runs, at once or later, by its asynchronous context: other code may run meanwhile. */
const context = new AsyncLocalStorage<Load>();
/** Loads that have not ended. */
let open = 0;
/** True if loading has started something (a timer, a socket) that outlasts it. */
let goesOn = false;
/** Errors thrown at modules that made an executor while loading. A module may have caught its error, but is no task module. */
const refusals = new Map<string, InvalidTaskError>();

/** Runs `load`, which imports or sets up a task module. Also rejects if the module tried to make an executor and caught the error. */
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
    // Before Node 24 an enabled AsyncLocalStorage slows every promise.
    if (--open === 0 && !goesOn) context.disable();
  }
}

export const threadPlace = {
  check(): void {
    const load = context.getStore();
    if (load !== undefined) throw refuse(load.module);
    if (taskHost()?.isAtWork === true) return;
    throw new InvalidTaskError(
      'only a task can make an executor in a thread of another one, and no task runs in this thread',
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
    `the task module ${module} makes an executor while it loads, and so would each thread of that executor: ` +
      'move its tasks to a module of their own, or make the executor only if (isMainThread)',
  );
  refusals.set(module, error);
  return error;
}

function checkRefused(module: string): void {
  const refusal = refusals.get(module);
  if (refusal !== undefined) throw refusal;
}

/** Timers, reads and sockets. Leaves out the thread's own ports, and files of modules, which Node closes late. */
const activeResources = (): number =>
  process.getActiveResourcesInfo().filter((type) => type !== 'MessagePort' && type !== 'CloseReq').length;
